"""Reads tables out of files as people have them, and says in one sentence what is wrong with one.

A reader is handed an open file, never a path: whoever opened it has made sure that it may be read.
What may harm the process (a sheet that claims a billion cells, a small file that inflates without
end) is measured before it is read.
"""
