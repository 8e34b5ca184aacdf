"""What people see: the pages, drawn from the sessions, and what they can do on them.

Each page and each part of the editor has its room. What lies beside the rooms serves all of them:
markup, panels and icons to draw with, words and numerals, actions, remedies, the theme.
"""
