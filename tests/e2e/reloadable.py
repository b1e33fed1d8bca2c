"""A gateway whose listeners and clusters Envoy reads from files, and reads again when they change."""
import copy
import os
from pathlib import Path

import yaml
from gateway import Gateway, wait_for

API = "type.googleapis.com/envoy.config"
TYPES = {"listeners": f"{API}.listener.v3.Listener", "clusters": f"{API}.cluster.v3.Cluster"}
COUNTERS = {"listeners": "listener_manager.lds.update_success", "clusters": "cluster_manager.cds.update_success"}
REFUSED = "update_rejected"


class Reloadable(Gateway):
    """Envoy with an example whose resources are dynamic."""

    def bootstrap(self, text):
        config = yaml.safe_load(text)
        self.resources = config.pop("static_resources")
        config["node"] = {"id": "weir", "cluster": "weir"}
        config["dynamic_resources"] = {}
        for kind, name in (("listeners", "lds_config"), ("clusters", "cds_config")):
            path = self.write(kind, self.resources[kind])
            config["dynamic_resources"][name] = {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}
        return yaml.safe_dump(config)

    def write(self, kind, resources):
        """Puts resources in place of what there is, at once, as Envoy wants it: by a rename."""
        path = Path(self.folder.name) / f"{kind}.yaml"
        fresh = path.with_suffix(".new")
        fresh.write_text(yaml.safe_dump({"resources": [{"@type": TYPES[kind], **resource} for resource in resources]}))
        os.replace(fresh, path)
        return path

    def reload(self, change):
        """Has `change` alter both kinds of resources, and waits until Envoy took them."""
        for kind, resources in self.resources.items():
            before, refused = self.stat(COUNTERS[kind]), self.stat(REFUSED)
            now = copy.deepcopy(resources)
            change(now)
            assert now != resources, f"nothing changes in the {kind}"
            self.resources[kind] = now
            self.write(kind, now)
            wait_for(lambda: self.stat(COUNTERS[kind]) > before or self.stat(REFUSED) > refused, f"the {kind} are read", 20)
            assert self.stat(REFUSED) == refused, self.log()[-2000:]


def plugins(resources):
    """The configurations of Weir in resources, each to be altered in place."""
    if isinstance(resources, list):
        return [found for item in resources for found in plugins(item)]
    if not isinstance(resources, dict):
        return []
    if "stage" in resources:
        return [resources]
    return [found for item in resources.values() for found in plugins(item)]
