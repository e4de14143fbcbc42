"""Imports an existing table and the key that encrypts it into a new stack, by a change set of type IMPORT. The stack
holds nothing else until template.yaml is deployed into it, which also gives the key its policy."""

import json
import os
import sys
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse


def template_of(resources):
    """Returns a template of the table as template.yaml describes it, and of the key without the policy for logs, which
    names the stack: the deployment of template.yaml must find a difference in order to set it."""
    table = resources["Table"]
    table["Properties"]["DeletionProtectionEnabled"] = True
    key = resources["Key"]
    key["Properties"]["KeyPolicy"]["Statement"] = key["Properties"]["KeyPolicy"]["Statement"][:1]
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Key": key, "Table": table}}


def main():
    if len(sys.argv) != 4:
        sys.exit("Call: tests/scripts/adopt STACK TABLE KEY")
    _, stack, table, key = sys.argv
    key = key.split("/")[-1]
    template = template_of(yaml_parse(Path("template.yaml").read_text())["Resources"])
    # boto3 itself reads AWS_DEFAULT_REGION only.
    client = boto3.client("cloudformation", region_name=os.environ.get("AWS_REGION"))
    client.create_change_set(
        StackName=stack,
        ChangeSetName="adopt",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(template),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::DynamoDB::Table",
                "LogicalResourceId": "Table",
                "ResourceIdentifier": {"TableName": table},
            },
            {"ResourceType": "AWS::KMS::Key", "LogicalResourceId": "Key", "ResourceIdentifier": {"KeyId": key}},
        ],
    )
    soon = {"Delay": 2, "MaxAttempts": 150}
    client.get_waiter("change_set_create_complete").wait(StackName=stack, ChangeSetName="adopt", WaiterConfig=soon)
    client.execute_change_set(StackName=stack, ChangeSetName="adopt")
    client.get_waiter("stack_import_complete").wait(StackName=stack, WaiterConfig=soon)
    print(f"{stack} has the table {table} and the key {key}")


main()
