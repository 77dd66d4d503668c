"""What every part uses: errors, files, reading, numbers as text, git. Imports nothing of twinproof."""
