"""Inputs for every row: usual ones, and what few programs give."""

import rows_samples_compute as compute
import rows_samples_data as data
import rows_samples_databases as databases
import rows_samples_http as http
import rows_samples_more as more
import rows_samples_network as network
import rows_samples_sources as sources
import rows_samples_versions as versions

SAMPLES = {
    **sources.SAMPLES,
    **versions.SAMPLES,
    **http.SAMPLES,
    **compute.SAMPLES,
    **data.SAMPLES,
    **network.SAMPLES,
    **databases.SAMPLES,
    **more.SAMPLES,
}
MORE = {**sources.MORE, **versions.MORE, **http.MORE, **compute.MORE, **data.MORE}
UNSAMPLED = {
    **http.UNSAMPLED,
    **compute.UNSAMPLED,
    **data.UNSAMPLED,
    **network.UNSAMPLED,
    **databases.UNSAMPLED,
    **more.UNSAMPLED,
}
"""Taken by a row, but in no sample: that moto gives it back is not proven. Shrink it, never grow it."""
