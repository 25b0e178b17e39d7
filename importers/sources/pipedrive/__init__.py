"""
Reads Pipedrive: API v2 wherever it exists, v1 for leads, notes, users and
filters, signed in with an API token.

The vendor's pages: https://developers.pipedrive.com/docs/api/v1 (both
versions), https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting,
https://pipedrive.readme.io/docs/pipedrive-api-v2-migration-guide.

source     what the rest of Pipesheet talks to
reading    one selection, opened: pages of rows
client     the calls, and the vendor's failures in our words
answers    how they are read
pages      cursors and offsets
entities   the catalogue: adding an entity is adding an entry
fields     an account's own fields as columns
recipes    how a column gets its cells: ids into names, options into labels
names      names of related records, without a request per row
"""
