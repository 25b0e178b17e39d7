"""Is everything there that an import needs?"""
