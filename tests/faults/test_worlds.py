"""2,000 random worlds (worlds.py): no rule is broken; and each rule is, where fernit is one that breaks it."""
import pytest

import worlds
from proofs import proof
from system import need
from world_steps import ON_CHANGE, story

WORLDS, SHARES = 2000, 8

#: A fernit that breaks a rule: a script, in which $fernit is the real one.
FAULTY = {
    "kept": '[ "$1" = run ] || exec $fernit "$@"; shift 2; AIRFLOW__CORE__FERNET_KEY=$($fernit key generate) exec "$@"',
    "erased": '$fernit "$@"; status=$?; rm -rf "$FERNIT_STORE/retired"; exit $status',
    "silent": 'err=$(mktemp); $fernit "$@" 2>$err; status=$?; grep -v fewer-keys $err >&2; rm $err; exit $status',
    "foreseen": '[ "$1" != status ] || export FERNIT_ON_CHANGE=keep FERNIT_DELIVER=env; exec $fernit "$@"',
    "created": 'rm -rf "$FERNIT_STORE"; exec $fernit "$@"',
    "changed": 'FERNIT_ON_CHANGE=replace exec $fernit "$@"',
    "steady": '$fernit "$@"; status=$?; touch "$FERNIT_STORE/fernet_key"; exit $status',
    "printed": 'cat "$FERNIT_STORE/fernet_key" >&2; exec $fernit "$@"',
}


@pytest.mark.parametrize("share", range(SHARES))
def test_no_world_breaks_a_rule(share):
    need("trace")
    counts, failures = worlds.prove(range(1 + share, 1 + WORLDS, SHARES))
    sentence = (
        "{worlds} worlds, {starts} starts that a command followed, {refused} refused, {killed} killed, {changes} new keys from outside, "
        "{lacking} rings without a key that had encrypted, {again} starts made twice, {foreseen} that status had foreseen; "
        "{losses} rules broken"
    )
    changes = sum(counts[rule] for rule in ON_CHANGE)
    shown = {name: counts[name] for name in ("starts", "refused", "killed", "lacking", "again", "foreseen")}
    proof("worlds", sentence, worlds=WORLDS // SHARES, changes=changes, losses=len(failures), **shown)
    assert not failures, "\n\n".join(failures)
    assert all(counts[name] for name in (*shown, *ON_CHANGE, "created")), counts


@pytest.mark.parametrize("rule", FAULTY)
def test_a_fernit_that_breaks_a_rule_is_found(monkeypatch, tmp_path, rule):
    need("trace")
    script = tmp_path / "fernit"
    script.write_text(f"#!/bin/sh\nfernit={worlds.BINARY}\n{FAULTY[rule]}\n")
    script.chmod(0o755)
    monkeypatch.setattr(worlds, "BINARY", str(script))
    found = (worlds.live(seed, story(seed))[1] for seed in range(1, 300))
    assert any(broken.startswith(f"{rule}:") for broken in found)
