"""Public reports that the catalogue shows in both styles, and how each ends in each environment."""

from typing import NamedTuple

# The letters of outcomes in a report: E as expected, S silently wrong, W wrong with a warning, L an error.
ORDER = ("tf2.15-cpu", "tf2.18-cpu", "tf2.21-cpu")
LETTERS = {"as expected": "E", "silently wrong": "S", "wrong, with a warning": "W", "error": "L"}


class Report(NamedTuple):
    """The entry for the class, that for its functional counterpart, and how both end."""

    entry: str
    ends: str
    counterpart: str
    counterpart_ends: str


REPORTS = [
    Report("conditional/function_on_call", "SLL", "conditional/function_of_a_graph", "EEE"),
    Report("conditional/if_on_data_in_a_class", "ELL", "conditional/if_on_data", "LLL"),
    Report("conditional/training_by_default", "SSS", "conditional/training_in_a_graph", "SSS"),
    Report("dynamic/weights_file_by_order", "SSS", "dynamic/weights_file_by_order_in_a_graph", "EEE"),
    Report("dynamic/weights_file_of_a_class", "ELL", "dynamic/weights_file_by_order_in_a_graph", "EEE"),
    Report("simple/features_by_output", "LLL", "simple/features_by_output_in_a_graph", "EEE"),
    Report("simple/frozen_unbuilt", "ESS", "simple/frozen_unbuilt_in_a_graph", "EEE"),
    Report("simple/list_of_outputs", "LLL", "simple/list_of_outputs_of_a_graph", "EEE"),
    Report("simple/loss_of_own_step", "ESS", "simple/loss_of_own_step_in_a_graph", "ESS"),
    Report("simple/losses_forgotten", "SSS", "simple/losses_forgotten_in_a_graph", "SSS"),
    Report("simple/mask_dropped", "SSS", "simple/mask_dropped_in_a_graph", "SSS"),
    Report("simple/metric_added_in_call", "ELL", "simple/metric_added_in_a_graph", "ELL"),
    Report("simple/number_changed_in_training", "SSS", "simple/number_changed_in_a_graph", "SSS"),
    Report("simple/own_step_without_call", "LLL", "simple/own_step_of_a_graph", "EEE"),
    Report("simple/same_name_in_a_class", "EEE", "simple/same_name_twice", "LLL"),
    Report("simple/state_in_a_block", "SLL", "simple/state_in_a_block_of_a_graph", "SLL"),
    Report("simple/variables_taken_unbuilt", "SLL", "simple/variables_taken_unbuilt_in_a_graph", "EEE"),
    Report("simple/weights_of_own_step", "ELL", "simple/own_step_of_a_graph", "EEE"),
]
