"""See tests/scripts/copy-items. An item that exists is never replaced. Items that expire (sessions, drafts) and locks are
not copied."""

import os
import sys

import boto3


def main():
    if len(sys.argv) < 4:
        sys.exit("Call: tests/scripts/copy-items FROM TO PREFIX [SORT_KEY ...]")
    _, source, target, prefix, *skipped = sys.argv
    # boto3 itself reads AWS_DEFAULT_REGION only.
    client = boto3.client("dynamodb", region_name=os.environ.get("AWS_REGION"))
    copied = kept = 0
    for page in client.get_paginator("scan").paginate(TableName=source):
        for item in page["Items"]:
            if not item["pk"]["S"].startswith(prefix) or "expires_at" in item or item["sk"]["S"] in ["lock", *skipped]:
                continue
            try:
                client.put_item(TableName=target, Item=item, ConditionExpression="attribute_not_exists(pk)")
                copied += 1
            except client.exceptions.ConditionalCheckFailedException:
                kept += 1
    print(f"{copied} copied, {kept} already there")


main()
