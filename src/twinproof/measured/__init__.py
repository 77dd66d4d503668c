"""What runs inside an environment: trials, probes, and the twins, pitfalls and faults that they measure."""
