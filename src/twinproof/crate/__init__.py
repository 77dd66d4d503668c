"""The research crate: the whole study in one zip file, described as a Workflow Run RO-Crate.

Unpacked, it is the repository at the time of the study, with the results in their places.
"""
