"""The night shift: carries run ids from Redis to the services that execute them. Knows no pages."""
