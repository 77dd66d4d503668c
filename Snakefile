# The study's entry point: `snakemake --cores N`. Everything is in workflow/.
include: "workflow/Snakefile"


# An included file does not set the default target.
rule study:
    default_target: True
    input:
        rules.all.input,
