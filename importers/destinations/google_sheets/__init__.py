"""Tables in Google spreadsheets."""
