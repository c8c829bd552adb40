"""The table of DL/T 645-2007 data identifiers, one file a family. Each file is data: rows, and no decisions."""
