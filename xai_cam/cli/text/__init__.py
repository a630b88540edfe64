"""What commands print: tables and figures as plain text."""
