#!/usr/bin/env python3
"""Reduces botocore's service models to the operations that the collector calls.

    python3 -m venv v && v/bin/pip install botocore==1.44.8
    v/bin/python tools/aws-model.py            # writes crates/adapters/aws/model/operations.json
    v/bin/python tools/aws-model.py --check    # fails when the file differs

Reads crates/adapters/aws/model/operations.list. What comes out is derived from botocore (Apache-2.0; see NOTICE beside
it): names of members, where they stand on the wire, pagination and endpoints. Documentation is left out.

A shape is a list: ["s"] scalar, ["t"] timestamp, ["j"] JSON inside a header, ["m", {member: [wire name, shape, where]}]
structure, ["l", shape, item name or null where flat] list, ["d", key name, value name, value shape, flat] map. A number
stands for another shape by its index, so that shapes that hold themselves end.
"""
import gzip
import json
import os
import pathlib
import sys

import botocore

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODEL = ROOT / "crates/adapters/aws/model"
DATA = pathlib.Path(botocore.__file__).parent / "data"
# Where a service goes on from the last item when it gives no token (Kinesis API, ListStreams).
FROM_LAST = {("kinesis", "ListStreams"): ["ExclusiveStartStreamName", "StreamNames"]}
# Pages that botocore has no paginator for (the services' API references).
PAGES = {("wafv2", "ListWebACLs"): {"input_token": "NextMarker", "output_token": "NextMarker", "result_key": "WebACLs"}}
READS = ("List", "Describe", "Get", "BatchGet", "GenerateCredentialReport")


def load(path):
    packed = path.with_name(path.name + ".gz")
    return json.loads(gzip.open(packed).read()) if packed.exists() else json.loads(path.read_text())


class Service:
    def __init__(self, name, shapes):
        self.name = name
        folder = sorted(p for p in (DATA / name).iterdir() if p.is_dir())[-1]
        self.model = load(folder / "service-2.json")
        try:
            self.pages = load(folder / "paginators-1.json")["pagination"]
        except FileNotFoundError:
            self.pages = {}
        self.meta = self.model["metadata"]
        self.protocol = self.meta["protocol"]
        self.shapes, self.known = shapes, {}

    def wire(self, name, ref, shape):
        """The name of a member on the wire."""
        own = ref.get("locationName") or name
        if ref.get("location"):
            return own
        if shape["type"] == "list" and (shape.get("flattened") or ref.get("flattened")):
            inner = shape["member"].get("locationName")
            if self.protocol != "ec2" and inner and not ref.get("locationName"):
                return inner
        return own

    def shape(self, name):
        if name in self.known:
            return self.known[name]
        shape = self.model["shapes"][name]
        kind = shape["type"]
        if kind == "timestamp":
            return ["t"]
        if kind not in ("structure", "list", "map"):
            return ["b"] if kind == "boolean" else ["i"] if kind in ("integer", "long") else ["s"]
        index = len(self.shapes)
        self.known[name] = index
        self.shapes.append(None)
        if kind == "structure":
            out = {}
            for member, ref in shape["members"].items():
                inner = self.model["shapes"][ref["shape"]]
                entry = [self.wire(member, ref, inner), self.member(ref, inner)]
                where = ref.get("location") or ("attribute" if ref.get("xmlAttribute") else None)
                if where:
                    entry.append(where)
                out[member] = entry
            self.shapes[index] = ["m", out]
        elif kind == "list":
            flat = shape.get("flattened", False)
            item = shape["member"].get("locationName") or ("item" if self.protocol == "ec2" else "member")
            self.shapes[index] = ["l", self.shape(shape["member"]["shape"]), None if flat else item]
        else:
            self.shapes[index] = ["d", shape["key"].get("locationName") or "key",
                                  shape["value"].get("locationName") or "value", self.shape(shape["value"]["shape"]),
                                  bool(shape.get("flattened"))]
        return index

    def member(self, ref, shape):
        """A member may flatten a list that is not flat elsewhere."""
        inner = self.shape(ref["shape"])
        if shape["type"] == "list" and ref.get("flattened") and not shape.get("flattened"):
            self.shapes.append(["l", self.shape(shape["member"]["shape"]), None])
            return len(self.shapes) - 1
        return inner

    def inputs(self, name):
        """Members of the input: [wire name, where, list style]. `where`: uri, querystring, header, body."""
        if not name:
            return {}
        out = {}
        for member, ref in self.model["shapes"][name["shape"]].get("members", {}).items():
            shape = self.model["shapes"][ref["shape"]]
            wire = ref.get("locationName") or member
            if self.protocol == "ec2":
                wire = ref.get("queryName") or (wire[0].upper() + wire[1:])
            entry = [wire, ref.get("location", "body")]
            if shape["type"] == "list":
                flat = shape.get("flattened") or self.protocol == "ec2"
                inner = shape["member"].get("locationName")
                if flat and self.protocol == "query" and inner:
                    entry[0] = inner
                entry.append("" if flat else inner or "member")
            out[member] = entry
        return out

    def answered(self, op, path):
        """A member of the answer as the collector sees it: JSON over REST is left as it is on the wire."""
        if self.protocol != "rest-json" or "." in path:
            return path
        ref = self.model["shapes"][op["output"]["shape"]]["members"].get(path, {})
        return ref.get("locationName", path)

    def operation(self, name, action, missing):
        op = self.model["operations"][name]
        out = {"method": op["http"]["method"], "path": op["http"]["requestUri"], "action": action}
        if missing:
            out["none"] = missing
        out["in"] = self.inputs(op.get("input"))
        if "output" in op:
            output = self.model["shapes"][op["output"]["shape"]]
            if self.protocol == "json":
                out["out"] = ["s"]           # JSON needs no shape
            elif self.protocol == "rest-json":
                located = {m: [r.get("locationName") or m, ["s"], r["location"]]
                           for m, r in output["members"].items() if r.get("location")}
                out["out"] = ["m", located] if located else ["s"]
            else:
                out["out"] = self.shape(op["output"]["shape"])
            if "payload" in output:
                out["payload"] = output["payload"]
            if "resultWrapper" in op["output"]:
                out["wrapper"] = op["output"]["resultWrapper"]
        page = self.pages.get(name) or PAGES.get((self.name, name))
        if page:
            listed = lambda v: v if isinstance(v, list) else [v]
            told = lambda v: [self.answered(op, path) for path in listed(v)]
            out["pages"] = {"in": listed(page["input_token"]), "out": told(page["output_token"]),
                            "lists": told(page["result_key"])}
            if "more_results" in page:
                out["pages"]["more"] = self.answered(op, page["more_results"])
            if (self.name, name) in FROM_LAST:
                out["pages"]["last"] = FROM_LAST[(self.name, name)]
        if "hostPrefix" in op.get("endpoint", {}):
            out["prefix"] = op["endpoint"]["hostPrefix"]
        return out


def endpoints(names):
    table = load(DATA / "endpoints.json")
    out = {}
    for partition in table["partitions"]:
        suffix = partition["dnsSuffix"]
        services = {}
        for name, meta in names.items():
            prefix = meta["endpointPrefix"]
            entry = partition["services"].get(prefix)
            if entry is None:
                continue
            told = {}
            if entry.get("isRegionalized") is False:
                glob = entry["endpoints"][entry["partitionEndpoint"]]
                told["global"] = [glob["hostname"], glob["credentialScope"]["region"]]
            else:
                told["regions"] = sorted(r for r in entry["endpoints"] if r in partition["regions"])
                special = {r: e["hostname"] for r, e in entry["endpoints"].items()
                           if r in partition["regions"] and e.get("hostname")}
                usual = entry.get("defaults", {}).get("hostname", partition["defaults"]["hostname"])
                usual = usual.replace("{service}", prefix).replace("{dnsSuffix}", suffix)
                told["host"] = usual
                if special:
                    told["hosts"] = special
            services[name] = told
        out[partition["partition"]] = {"regions": sorted(partition["regions"]), "suffix": suffix, "services": services}
    return out


def main():
    services, operations, metas, shapes = {}, {}, {}, []
    for line in (MODEL / "operations.list").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        service, operation, action, *missing = line.split()
        if not operation.startswith(READS):
            sys.exit(f"{service} {operation} is not a read")
        if service not in services:
            services[service] = Service(service, shapes)
        it = services[service]
        missing = missing[0].split(",") if missing else []
        operations[f"{service}:{operation}"] = it.operation(operation, None if action == "-" else action, missing)
        meta = it.meta
        metas[service] = {k: v for k, v in {
            "protocol": meta["protocol"], "api": meta["apiVersion"], "endpointPrefix": meta["endpointPrefix"],
            "sign": meta.get("signingName") or meta["endpointPrefix"], "target": meta.get("targetPrefix"),
            "json": meta.get("jsonVersion")}.items() if v is not None}
    # 2.1.3 of the AWS query protocol: ECR's prefix is not the name that it signs with.
    out = {"source": f"botocore {botocore.__version__}, Apache-2.0", "services": metas, "operations": operations,
           "shapes": shapes, "partitions": endpoints(metas)}
    text = json.dumps(out, separators=(",", ":"), sort_keys=True) + "\n"
    target = MODEL / "operations.json"
    if "--check" in sys.argv:
        if target.read_text() != text:
            sys.exit(f"{target} is not what botocore {botocore.__version__} gives; run tools/aws-model.py")
        return
    target.write_text(text)
    print(f"{len(operations)} operations of {len(services)} services, {len(shapes)} shapes, {len(text)} bytes")


main()
