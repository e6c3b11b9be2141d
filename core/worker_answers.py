"""What a worker answers when it is asked over the broker; loaded by `cuspid worker` only."""

from importlib.metadata import version

from celery.worker.control import inspect_command


@inspect_command(name="cuspid_version")
def tell_version(_) -> dict[str, str]:
    """Which version this worker runs, for `cuspid doctor`."""
    return {"cuspid": version("cuspid")}
