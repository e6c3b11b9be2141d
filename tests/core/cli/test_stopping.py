"""A command that was asked to end ends, wherever the signal finds it."""

import os
import signal
import time

import pytest

from core.cli.stopping import Stopped, stopped_by_signals


class Closing:
    """Something whose finalizer is running when the signal comes."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_that_comes_inside_a_finalizer_is_heard():
    with pytest.raises(Stopped), stopped_by_signals():
        thing = Closing()
        del thing
        time.sleep(30)


def test_afterwards_signals_are_what_they_were():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    with pytest.raises(Stopped), stopped_by_signals():
        os.kill(os.getpid(), signal.SIGHUP)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)) == before
