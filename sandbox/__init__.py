"""
Pretend vendors for tests, benchmarks and first steps without an account: here a
Pipedrive, in `sandbox.google` a Google.

Written from the vendor's public documentation and OpenAPI documents, never
from our client: it imports nothing of the product, so it cannot share the
product's misunderstandings. It listens on loopback only.

    python -m sandbox            serve it, see --help
    sandbox.world.World          the company whose records it serves
    sandbox.pipedrive.create_app the Flask application
    sandbox.adapters.WSGIAdapter call the application in process, by requests
"""
