"""
A workbook (.xlsx) as a destination: one worksheet per importer.

Rows stream through `cells` and `sheet` into a compressed file beside the
workbook (`importers.staged`, `deflating`); `splicing` then puts that sheet into a copy of
the workbook, carrying every other part over as it lies, and one rename
shows the whole at once. `reading` opens windows onto the result.

The format is ISO/IEC 29500 (https://www.iso.org/standard/71691.html), its
limits are listed at https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3.
"""
