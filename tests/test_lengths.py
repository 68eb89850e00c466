"""The count of modules that a run enters in set-up: those it needs, and no other."""

import sys


def test_set_up_enters_the_model_that_is_trained_and_no_other():
    from tools.lengths import modules_of_setup

    entered = modules_of_setup("softmax")
    assert {"d2lab.experiments.run", "d2lab.models.softmax", "d2lab.data.digits"} <= set(entered)
    assert not {"d2lab.models.lenet", "d2lab.plot.curves"} & set(entered)
    assert sys.getprofile() is None


def test_the_count_goes_on_to_the_first_step_where_layers_are_probed_before():
    from tools.lengths import modules_of_setup

    entered = modules_of_setup("lenet")  # its layers are run in training mode to find out whether they are a chain
    assert {"d2lab.inspection.chain", "d2lab.train.loop", "d2lab.train.record"} <= set(entered)
