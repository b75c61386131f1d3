"""Prints the results in the form that ./dev test counts."""


def say(good, name, details=()):
    if not good:
        for one in details:
            print(f"  {one}")
    print(f"{'ok' if good else 'not ok'} {name}", flush=True)
    return good
