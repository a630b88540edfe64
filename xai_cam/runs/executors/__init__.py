"""Where runs are carried out: in this process, or by workers on the machines of a cluster."""
