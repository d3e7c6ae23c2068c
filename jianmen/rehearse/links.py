"""Who can talk to whom."""

from collections.abc import Iterable

EVERYONE = "everyone"


class Links:
    """The links between the nodes of a rehearsal. Every node is in one group, and can talk to those of its own."""

    def __init__(self, nodes: Iterable[str]) -> None:
        self._group: dict[str, str] = dict.fromkeys(nodes, EVERYONE)
        self._cuts = 0

    def cut(self, nodes: Iterable[str]) -> None:
        """Cut each of these off from everyone."""
        self.group([node] for node in nodes)

    def group(self, groups: Iterable[Iterable[str]]) -> None:
        """Let the nodes of each list talk inside it, and with no one else."""
        for nodes in groups:
            self._cuts += 1
            self._group.update(dict.fromkeys(nodes, f"group {self._cuts}"))

    def heal(self, nodes: Iterable[str] | None) -> None:
        """Join these (None: everyone) again."""
        for node in list(self._group if nodes is None else nodes):
            self._group[node] = EVERYONE

    def add(self, node: str, beside: str | None = None) -> None:
        """A new node, joined with everyone, or in the group of another one."""
        self._group[node] = EVERYONE if beside is None else self._group[beside]

    def rename(self, node: str, name: str) -> None:
        """Call a node by a new name from now on; another one of that name is there no more."""
        self._group[name] = self._group.pop(node)

    def group_of(self, node: str) -> str:
        """The name of a node's group."""
        return self._group[node]

    def groups(self) -> dict[str, list[str]]:
        """The nodes of each group, by its name."""
        found: dict[str, list[str]] = {}
        for node, group in self._group.items():
            found.setdefault(group, []).append(node)
        return found

    def together(self, one: str, other: str) -> bool:
        """Whether two nodes can talk to each other."""
        return self._group[one] == self._group[other]
