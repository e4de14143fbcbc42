"""Transforms template.yaml as CloudFormation does (aws-sam-translator), once with every switch off and once with every
switch on. Fails if references between the resources form a circle, or if there are more than MOST_RESOURCES. Writes the
results as template-off.json and template-on.json into the folder that is the argument, for cfn-lint."""

import json
import re
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

# CloudFormation's limit is 500. The distance is for what is still to come.
MOST_RESOURCES = 470

OFF = {"RegionCode": "euwest", "AdditionsConcurrency": "0", "TicketsConcurrency": "0", "TableProtection": "false"}
ON = {
    "RegionCode": "euwest",
    "DropboxCatalogueLayer": "arn:aws:lambda:eu-west-1:123456789012:layer:dropbox-catalogue:1",
    "ConnectWiseClientId": "5ad00000-0000-4000-8000-000000000001",
    "DomainName": "euw.example.com",
    "CreateDomain": "true",
    "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/5ad00000-0000-4000-8000-000000000001",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "BasePath": "dropsuite",
    "Tracing": "true",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:service-manager-alarms",
}


class NoManagedPolicies:
    """The template names no policies of AWS."""

    def load(self):
        return {}


def transformed(parameters):
    """Returns the template that CloudFormation makes resources of, with the values of the parameters as defaults."""
    template = yaml_parse(Path("template.yaml").read_text())
    for name, value in parameters.items():
        template["Parameters"][name]["Default"] = value
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return json.loads(json.dumps(transform(template, parameters, NoManagedPolicies())))


def references(value, resources):
    """Returns the logical ids of the resources that a value refers to, by Ref, Fn::GetAtt and Fn::Sub, at any depth."""
    found = set()
    if isinstance(value, list):
        for element in value:
            found |= references(element, resources)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name == "Ref":
                found.add(inner)
            elif name == "Fn::GetAtt":
                found.add((inner.split(".") if isinstance(inner, str) else inner)[0])
            elif name == "Fn::Sub":
                text, local = (inner, {}) if isinstance(inner, str) else inner
                named = re.findall(r"\$\{([^!}][^}]*)\}", text)
                found |= {one.split(".")[0] for one in named if one not in local} | references(local, resources)
            else:
                found |= references(inner, resources)
    return found & resources.keys()


def dependencies(resources):
    """Returns what each resource depends on, DependsOn included."""
    graph = {}
    for name, resource in resources.items():
        wanted = resource.get("DependsOn", [])
        graph[name] = references(resource.get("Properties", {}), resources) | set(
            [wanted] if isinstance(wanted, str) else wanted
        )
    return graph


def circle(graph):
    """Returns the members of one circle in order, the first also at the end; an empty list if there is none."""
    done = set()

    def below(name, path):
        if name in path:
            return path[path.index(name) :] + [name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            found = below(other, path + [name])
            if found:
                return found
        done.add(name)
        return []

    for name in sorted(graph):
        found = below(name, [])
        if found:
            return found
    return []


def main():
    folder = Path(sys.argv[1])
    # The check itself: alarm -> API -> alias -> deployment group -> alarm is the circle of a gradual deployment.
    known = {"Alarm": {"Ref": "Api"}, "Api": {"Fn::Sub": "${Alias.Arn}"}, "Alias": {"Fn::GetAtt": ["Group", "Arn"]}}
    known = {name: {"Properties": one} for name, one in known.items()} | {"Group": {"DependsOn": "Alarm"}}
    assert circle(dependencies(known)) == ["Alarm", "Api", "Alias", "Group", "Alarm"], "the check finds no circle"
    failed = False
    for name, parameters in (("off", OFF), ("on", ON)):
        template = transformed(parameters)
        (folder / f"template-{name}.json").write_text(json.dumps(template, indent=1))
        resources = template["Resources"]
        graph = dependencies(resources)
        found = circle(graph)
        edges = sum(len(one) for one in graph.values())
        print(f"switches {name}: {len(resources)} resources (at most {MOST_RESOURCES}), {edges} references, ", end="")
        print("circle: " + " -> ".join(found) if found else "no circle")
        failed |= bool(found) or len(resources) > MOST_RESOURCES
    sys.exit(1 if failed else 0)


main()
