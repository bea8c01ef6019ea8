"""What a trace says of files, step by step, and the rules that the steps obey if nothing can be lost on the way."""
import collections
import os
import re

#: make PATH; write PATH (data, size, mode, owner); sync PATH; link or rename PATH to OTHER; remove PATH; folder PATH; run: the command
Step = collections.namedtuple("Step", "kind path other", defaults=[None, None])

KINDS = {
    "write": "write", "ftruncate": "write", "fchmod": "write", "fchown": "write", "fsync": "sync", "linkat": "link", "renameat": "rename",
    "renameat2": "rename", "unlinkat": "remove", "mkdir": "folder",
}  # fmt: skip

PLACE = re.compile(r'(?:(?:\d+|AT_FDCWD)<(?P<base>[^>]*)>)?(?:, )?(?:"(?P<name>[^"]*)")?')


def places(arguments):
    """The paths that the arguments of a call name, as strace -y writes them; a write's data does not count."""
    found = []
    for part in re.findall(r'(?:\w+<[^>]*>(?:, "[^"]*")?|"[^"]*")', arguments):
        match = PLACE.match(part)
        found.append(os.path.join(match["base"] or "", match["name"] or "").rstrip("/"))
    return found


def step_of(call):
    """The Step that a call is; None where it changes nothing."""
    if call.result.startswith("-1"):
        return None
    if call.name in ("open", "openat"):
        made = "O_CREAT" in call.arguments and Step("make", call.result.split("<", 1)[1].rstrip(">"))
        emptied = "O_TRUNC" in call.arguments and Step("write", call.result.split("<", 1)[1].rstrip(">"))
        return made or emptied or None
    if call.name not in KINDS:
        return None
    kind = KINDS[call.name]
    if kind in ("write", "sync"):
        return Step(kind, re.match(r"\d+<([^>]*)>", call.arguments)[1])
    return Step(kind, *places(call.arguments)[:2])


def steps_of(trace, folder):
    """Of a start under `folder`, which ends with the command; but for the lock, which is empty and need not last."""
    found = [step for step in map(step_of, trace.calls()) if step and f"{step.path}/".startswith(f"{folder}/")]
    lock = {step.path for step in found for path in (step.path, step.other) if path and path.endswith("/.lock")}
    return [*(step for step in found if step.path not in lock), Step("run")]


# --- Rules: each gives what breaks it


def temporary(steps, path):
    """Whether it is made only to get another name, or to be removed."""
    return any(step.path == path and step.kind in ("link", "rename", "remove") for step in steps)


def thrown_away(steps):
    """The temporaries that never got another name: nothing depends on them."""
    removed = {step.path for step in steps if step.kind == "remove" and ".tmp." in step.path}
    return removed - {step.path for step in steps if step.kind in ("link", "rename")}


def names(steps):
    """(number, path) of each name that is there to stay, or to be found after a crash."""
    for i, step in enumerate(steps):
        if step.kind in ("link", "rename"):
            yield i, step.other
        elif step.kind == "folder" or step.kind == "make" and not temporary(steps, step.path):
            yield i, step.path


def synced(steps, path, after, before):
    return Step("sync", path) in steps[after + 1 : before]


def changes(steps, path, before):
    return [i for i, step in enumerate(steps[:before]) if step.path == path and step.kind in ("make", "write")]


def its_data_is_durable_before_it_gets_its_name(steps):
    for i, step in enumerate(steps):
        if step.kind in ("link", "rename") and (made := changes(steps, step.path, i)) and not synced(steps, step.path, made[-1], i):
            yield step


def what_is_written_is_durable_before_the_command_runs(steps):
    for path in {step.path for step in steps if step.kind == "write" and not temporary(steps, step.path)}:
        if not synced(steps, path, changes(steps, path, len(steps))[-1], len(steps) - 1):
            yield path


def each_name_is_durable_before_the_command_runs(steps):
    for i, path in names(steps):
        if not synced(steps, os.path.dirname(path), i, len(steps) - 1):
            yield path


def a_temporary_is_removed_only_after_its_name_is_durable(steps):
    for i, step in enumerate(steps):
        for j, link in enumerate(steps[:i]):
            if step.kind == "remove" and link.kind == "link" and link.path == step.path:
                if not synced(steps, os.path.dirname(link.other), j, i):
                    yield step


def a_claim_is_durable_before_the_name_and_goes_after_it_is(steps):
    for i, step in enumerate(steps):
        if step.path is None or not step.path.endswith(".claim"):
            continue
        folder, name = os.path.dirname(step.path), step.path.replace("/.fernet_key.claim", "/fernet_key")
        named = next(j for j, path in names(steps) if path == name)
        if step.kind == "make" and i < named and not (synced(steps, step.path, i, named) and synced(steps, folder, i, named)):
            yield step
        if step.kind == "remove" and not synced(steps, folder, named, i):
            yield step


def airflow_cfg_gets_no_key_before_it_is_durable(steps):
    key = next((i for i, path in names(steps) if path.endswith("/fernet_key")), None)
    written = next((i for i, step in enumerate(steps) if step.kind == "write" and "/airflow/" in step.path), None)
    if None not in (key, written) and not synced(steps, os.path.dirname(dict(names(steps))[key]), key, written):
        yield steps[written]


def what_is_written_in_place_has_a_durable_copy_meanwhile(steps):
    made = {step.path for step in steps if step.kind == "make"}
    for path in {step.path for step in steps if step.kind == "write"} - made:
        first, last = changes(steps, path, len(steps))[0], changes(steps, path, len(steps))[-1]
        copies = [(i, copy) for i, copy in names(steps) if "/.airflow.cfg." in copy and synced(steps, os.path.dirname(copy), i, first)]
        gone = [i for i, step in enumerate(steps) if step.kind == "remove" and step.path in dict((copy, i) for i, copy in copies)]
        if not copies or any(not synced(steps, path, last, i) for i in gone):
            yield path


RULES = [
    its_data_is_durable_before_it_gets_its_name,
    what_is_written_is_durable_before_the_command_runs,
    each_name_is_durable_before_the_command_runs,
    a_temporary_is_removed_only_after_its_name_is_durable,
    a_claim_is_durable_before_the_name_and_goes_after_it_is,
    airflow_cfg_gets_no_key_before_it_is_durable,
    what_is_written_in_place_has_a_durable_copy_meanwhile,
]


def broken(steps):
    """The rules that the steps break, each with what breaks it."""
    return [(rule.__name__.replace("_", " "), what) for rule in RULES for what in rule(steps)]
