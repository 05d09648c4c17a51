"""Work that processes of Dask do for this one, whatever the work is: how they are reached, held alike and heard."""
