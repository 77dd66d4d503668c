"""The research crate: the whole study in one zip file, described as a Workflow Run RO-Crate.

Unpacked, it is the repository as it was when the study ran, with the results in their places.
"""
