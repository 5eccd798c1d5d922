"""Tests of the comparison, of the count of round trips and of the model: `python3 scripts/shader-stats/tests.py`."""
import pathlib
import tempfile
import types
import unittest

from compiling import kernels_of, launches_of
from gpus import GPUS, SHORT_GPUS, SHORT_PRESETS, TABLED
from listing import Listing, Slices, issued, left_in_flight, round_trips, turns_of
from model import Model
from table import COLUMNS, Table, compare


def row(**more):
    values = dict.fromkeys(COLUMNS, "0") | {"preset": "p", "precision": "f32", "batch": "8", "layer": "conv", "kernel": "k"}
    return values | {"waves": "8"} | more


def table(*rows, mesa="26.1"):
    return Table("gpu", mesa, list(rows), [])


class Comparison(unittest.TestCase):
    def test_the_same_is_no_difference(self):
        self.assertEqual(compare(table(row()), table(row())), ([], []))

    def test_a_spill_fails_where_the_table_has_none(self):
        for column in ("spills", "scratch"):
            worse, _ = compare(table(row()), table(row(**{column: "4"})))
            self.assertEqual(len(worse), 1, column)
            self.assertIn("none in the table", worse[0])
            worse, other = compare(table(row(**{column: "2"})), table(row(**{column: "4"})))
            self.assertEqual((len(worse), len(other)), (0, 1), "one that is known is told")

    def test_a_spill_of_an_unknown_kernel_fails(self):
        worse, other = compare(table(row()), table(row(), row(kernel="new", spills="1")))
        self.assertEqual((len(worse), len(other)), (1, 1))

    def test_fewer_waves_fail_and_more_do_not(self):
        worse, _ = compare(table(row()), table(row(waves="7")))
        self.assertEqual(worse, ["p f32 8 conv k: 7 waves, 8 in the table"])
        self.assertEqual(compare(table(row()), table(row(waves="9"))), ([], []))

    def test_kernels_of_one_name_are_compared_in_their_order(self):
        before = table(row(waves="8"), row(waves="4"))
        self.assertEqual(compare(before, table(row(waves="8"), row(waves="4"))), ([], []))
        self.assertEqual(len(compare(before, table(row(waves="4"), row(waves="8")))[0]), 1)

    def test_what_is_gone_is_told_only_of_steps_that_were_compiled(self):
        before = table(row(), row(kernel="gone"), row(preset="other"))
        self.assertEqual(compare(before, table(row())), ([], ["p f32 8 conv gone: only in the table"]))

    def test_figures_that_a_driver_does_not_give_are_no_spill(self):
        self.assertEqual(compare(table(row(scratch="-")), table(row(scratch="-"))), ([], []))


class Files(unittest.TestCase):
    def test_a_table_is_read_as_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "gpu.tsv"
            made = Table("gpu", "26.1.6-1", [row(), row(kernel="forward/simt 64x32")], ["p f32 8: 1 ms"])
            made.write(path, "gpu: a GPU")
            self.assertEqual(Table.read(path), made)

    def test_steps_are_replaced_and_others_stay(self):
        before = table(row(waves="1"), row(preset="q"))
        after = before.replace(table(row(waves="2"), row(preset="r")))
        self.assertEqual([(r["preset"], r["waves"]) for r in after.rows], [("p", "2"), ("q", "8"), ("r", "8")])

    def test_the_short_form_is_part_of_the_tables(self):
        self.assertLessEqual(set(SHORT_GPUS), set(GPUS))
        self.assertLessEqual(set(SHORT_PRESETS), set(TABLED))


class Printed(unittest.TestCase):
    def test_launches_and_kernels_are_found(self):
        text = (
            "forward: 2 dispatches\n    #  layer          kernel                threads  multiply-adds        bytes  reads -> writes\n"
            "    0  stage1_1_conv_long forward/simt 64x32   4096   123  456  x -> y\n"
            "    1  norm           batch_norm/finish        64   0  8  x -> y\n\n"
            "evaluate: 1 dispatches\n    0  norm           batch_norm/finish        64   0  8  x -> y\n"
        )
        launches = launches_of(text)
        self.assertEqual(list(launches), ["forward 0", "forward 1", "evaluate 0"])
        first = launches["forward 0"]
        self.assertEqual((first.layer, first.kernel, first.threads), ("stage1_1_conv_long", "forward/simt 64x32", 4096))
        self.assertEqual([launch.trains for launch in launches.values()], [True, True, False])
        kernels = kernels_of("    0  forward/simt 64x32            128  forward 0\n   11  batch_norm/finish   64  forward 1, evaluate 0\n")
        self.assertEqual(kernels, [("forward/simt 64x32", 128, ["forward 0"]), ("batch_norm/finish", 64, ["forward 1", "evaluate 0"])])


LOAD = "\tbuffer_load_b128 v[0:3], v4, s[0:3], 0 offen ; e0\n"
WAIT = "\ts_waitcnt vmcnt(0) ; bf\n"
FMA = "\tv_fmac_f32_e32 v1, v2, v3 ; 56\n"
STORE = "\tds_store_b128 v0, v[0:3] ; d8\n"
BACK = "\ts_cbranch_scc1 BB1 ; bf\n"


def listing(text):
    return Listing(text.splitlines())


class RoundTrips(unittest.TestCase):
    def test_a_wait_right_after_a_load_is_exposed_and_one_after_work_is_not(self):
        self.assertEqual(round_trips(listing(LOAD + WAIT + LOAD + WAIT).code), 2)
        self.assertEqual(round_trips(listing(LOAD + LOAD + WAIT).code), 1, "both are in flight at once")
        self.assertEqual(round_trips(listing(LOAD + FMA * 40 + WAIT).code), 0)

    def test_loads_that_are_left_in_flight_do_not_count(self):
        code = listing(LOAD + LOAD + WAIT.replace("0", "1")).code
        self.assertEqual(round_trips(code), 1)
        self.assertEqual(left_in_flight("s_wait_loadcnt", "0x2"), 2)
        self.assertEqual(left_in_flight("s_wait_loadcnt_dscnt", "0x301"), 3)
        self.assertIsNone(left_in_flight("s_waitcnt", "lgkmcnt(0)"))

    def test_of_a_loop_the_second_turn_counts(self):
        early = "BB0:\n" + LOAD + "BB1:\n" + WAIT + STORE + LOAD + FMA * 64 + BACK
        self.assertEqual(Slices(listing(early), 64).trips, 0)
        late = "BB0:\n" + LOAD + "BB1:\n" + WAIT + STORE + FMA * 64 + LOAD + BACK
        self.assertEqual(Slices(listing(late), 64).trips, 1)

    def test_a_loop_inside_is_written_out(self):
        inner = "BB2:\n" + FMA * 16 + "\ts_add_u32 s4, s4, 2 ; 80\n\ts_cmp_lt_u32 s4, 16 ; bf\n" + BACK.replace("BB1", "BB2")
        slices = Slices(listing("BB0:\nBB1:\n" + LOAD + WAIT + STORE + inner + BACK), 64)
        self.assertEqual((slices.turns, slices.counts["fma"]), (8, 128))

    def test_turns_are_read_from_the_counter(self):
        self.assertEqual(turns_of([("s_addk_i32", "s2, 0x4"), ("s_cmp_lg_u32", "s2, 32")]), 8)
        self.assertIsNone(turns_of([("s_cmp_lg_u32", "s2, s3")]))

    def test_cycles_follow_the_width_of_a_wave(self):
        code = listing(FMA + "\tv_and_b32_e32 v1, v2, v3 ; 36\n\tv_mul_lo_u32 v1, v2, v3 ; d7\n" + STORE).code
        self.assertEqual((issued(code)["valu"], issued(code, 32)["valu"]), (1 + 2 + 8, 1 + 1 + 4))
        self.assertEqual((issued(code)["lds"], issued(code, 32)["lds"]), (8, 4))


class Predicted(unittest.TestCase):
    def time(self, text, **more):
        kernel = dict(name="forward/simt 8x8", threads=64, subgroup=64, registers=64, workgroup_memory=1024, workgroups=960)
        kernel = types.SimpleNamespace(**(kernel | more), slices=Slices(listing(text), 64))
        launch = types.SimpleNamespace(multiply_adds=960 * 64 * 64 * 100, bytes=1000)
        return Model().predict(kernel, launch)

    def test_an_exposed_trip_costs_time_and_work_hides_it(self):
        late = "BB0:\n" + LOAD + "BB1:\n" + WAIT + STORE + FMA * 64 + LOAD + BACK
        early = late.replace(FMA * 64 + LOAD, LOAD + FMA * 64)
        self.assertEqual(self.time(late).bound, "latency")
        self.assertGreater(self.time(late).seconds, 1.8 * self.time(early).seconds)

    def test_slices_follow_from_what_the_loop_multiplies(self):
        loop = "BB0:\nBB1:\n" + LOAD + FMA * 32 + WAIT + STORE + FMA * 32 + BACK
        twice = loop.replace(FMA * 32, FMA * 64)
        self.assertAlmostEqual(self.time(twice).seconds / self.time(loop).seconds, 1, delta=0.4)


if __name__ == "__main__":
    unittest.main()
