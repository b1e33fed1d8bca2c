"""What a translated stream must look like beyond its facts: the order and number of its events."""
from facts import Refused


def openai(chunks):
    """One id, a role first, one finish a choice, usage at most once; raises Refused."""
    ids = {chunk.get("id") for chunk in chunks}
    if len(ids) > 1:
        raise Refused(f"the chunks have {len(ids)} ids: {sorted(map(str, ids))[:3]}")
    begun, finished = set(), set()
    for chunk in chunks:
        for entry in chunk.get("choices") or []:
            index, delta = entry.get("index"), entry.get("delta") or {}
            if index not in begun and delta.get("role") != "assistant":
                raise Refused(f"choice {index} begins without a role")
            begun.add(index)
            if index in finished and (entry.get("finish_reason") or delta):
                raise Refused(f"choice {index} goes on after its finish: {entry}")
            if entry.get("finish_reason"):
                finished.add(index)
    if begun - finished:
        raise Refused(f"choices {sorted(begun - finished)} have no finish reason")
    if sum(bool(chunk.get("usage")) for chunk in chunks) > 1:
        raise Refused("usage is told more than once")


def unasked(chunks):
    """No usage where the client did not ask for it; raises Refused."""
    told = [chunk for chunk in chunks if chunk.get("usage")]
    if told:
        raise Refused(f"usage is told unasked: {told[0]['usage']}")


def anthropic(events):
    """A message that starts, blocks in order that start and stop, one stop reason, a message that stops; raises Refused."""
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    if not kinds or kinds[0] != "message_start" or kinds[-1] != "message_stop" or kinds.count("message_start") != 1:
        raise Refused(f"the events begin with {kinds[:2]} and end with {kinds[-2:]}")
    opened, following = None, 0
    for event in events:
        kind, index = event["type"], event.get("index")
        if kind == "content_block_start":
            if opened is not None or index != following:
                raise Refused(f"block {index} starts where block {following} is due, and {opened} is open")
            opened, following = index, following + 1
        elif kind == "content_block_delta" and index != opened:
            raise Refused(f"a delta of block {index} while {opened} is open")
        elif kind == "content_block_stop":
            if index != opened:
                raise Refused(f"block {index} stops while {opened} is open")
            opened = None
    reasons = [event for event in events if event["type"] == "message_delta" and (event.get("delta") or {}).get("stop_reason")]
    if len(reasons) != 1 or opened is not None:
        raise Refused(f"{len(reasons)} stop reasons; block {opened} is open at the end")
