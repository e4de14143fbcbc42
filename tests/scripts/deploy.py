"""See tests/scripts/deploy. What the emulator does not prove: roles and policies, quotas, and the routes of the API, whose
description it ignores, so functions are invoked by name. It refuses alarms on several metrics and saved queries; they are
left out."""

import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config
from samcli.yamlhelper import yaml_parse

PORT = 9570  # of the emulator
STACK_PORT = 9560  # of the local stack, whose sandboxes are the vendors
EMULATOR = f"http://127.0.0.1:{PORT}"
ACCOUNT = "123456789012"
CLIENT_ID = "5ad00000-0000-4000-8000-000000000001"
APPLICATION, API_KEY = "B1A7C0DE-0000-4000-8000-000000000001", "local-demo-key"
REPORTER, REPORTER_KEY = "0E904E00-0000-4000-8000-000000000001", "local-reporter-key"
RESELLER_TOKEN = "11111111-1111-4111-8111-111111111111"
ACCESS_TOKEN = "22222222-2222-4222-8222-222222222222"

# The region of each RegionCode.
WEST, CENTRAL = "eu-west-1", "eu-central-1"
REGIONS = {"euwest": WEST, "eucentral": CENTRAL}

# An order's life, and a session that is ended before another begins. What is not named here is called afterwards.
STORY = """
    fields-get fields-validate fields-additionalinfo service-definitions accounts-syncoptions accounts-synchronize
    accounts-exists subscriptions-create subscriptions-update addons-create addons-update addons-cancel
    subscriptions-suspend subscriptions-activate portal-session-create portal-session-delete portal-session-create
""".split()
LAST = ["portal-usagekey-revoke", "subscriptions-cancel", "accounts-delete"]

# The resources that stay when a stack is deleted.
KEPT = {"table": 1, "key": 1, "secret": 2, "queue": 3}

STARTED = time.monotonic()
failures = []


def row(what, outcome, started=None):
    """Prints one line of the table: the time since the start, what was done, its outcome and its seconds."""
    took = "" if started is None else f"{time.monotonic() - started:.1f} s"
    print(f"{time.monotonic() - STARTED:7.1f} s  {what:<42} {outcome:<72} {took:>8}", flush=True)


def expect(what, wanted, got, started=None):
    """Prints what was found, and notes a failure unless it is what was wanted."""
    if wanted == got:
        row(what, f"{got}", started)
    else:
        failures.append(f"{what}: {got}, not {wanted}")
        row(what, f"FAILED: {got}, not {wanted}", started)


def client(service, region="eu-west-1"):
    return boto3.client(service, region_name=region, endpoint_url=EMULATOR, config=Config(read_timeout=120))


def environment():
    """Returns the variables of the processes: the emulator for all services, and nothing of a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": EMULATOR,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "1",
    }


def without_what_is_refused(template):
    """Returns the text of a template without the alarms on several metrics and the saved queries, and how many these
    are: the emulator knows neither."""
    kinds = re.compile(r"^  \w+:\n    Type: AWS::(?:CloudWatch::Alarm|Logs::QueryDefinition)\n(?:(?:    .*)?\n)*", re.M)
    found = [one for one in kinds.findall(template) if "Alarm\n" not in one or "\n      Metrics:\n" in one]
    for one in found:
        template = template.replace(one, "")
    return template, len(found)


class Packages:
    """A folder with template.yaml, samconfig.toml and the functions, from which `sam deploy` runs."""

    def __init__(self, folder, built):
        self.folder = folder
        shutil.copy("samconfig.toml", folder)
        text, dropped = without_what_is_refused(Path("template.yaml").read_text())
        (folder / "template.yaml").write_text(text)
        self.dropped = dropped
        self.template = yaml_parse(Path("template.yaml").read_text())
        resources = self.template["Resources"].items()
        self.functions = {
            Path(one["Properties"]["CodeUri"]).name: (logical_id, one["Properties"])
            for logical_id, one in resources
            if one["Type"] == "AWS::Serverless::Function"
        }
        target = folder / "target" / "lambda"
        if built:
            target.parent.mkdir()
            target.symlink_to(Path(built).resolve())
            return
        target.mkdir(parents=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda name: self.pack(name, target / name), self.functions))

    @staticmethod
    def pack(name, archive):
        """Packs a debug build, without its lines, in a hurry. `sam deploy` uploads an archive as it is."""
        stripped = archive.with_suffix(".stripped")
        subprocess.run(["strip", "-o", stripped, f"target/debug/{name}"], check=True)
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr(entry, stripped.read_bytes(), zipfile.ZIP_DEFLATED, 1)
        stripped.unlink()


def processes(emulator, work, started):
    """Starts the emulator and the local stack, adds them to `started`, and waits for both."""
    settings = {
        "GATEWAY_PORT": str(PORT),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": "eu-west-1",
        "TMPDIR": str(work),
    }
    for command, more in (([emulator], settings), (["target/debug/local-stack", "--port", str(STACK_PORT)], {})):
        log = (work / (Path(command[0]).name + ".log")).open("wb")
        variables = environment() | more
        if command[0] != emulator:
            variables = {name: value for name, value in variables.items() if not name.startswith("AWS_")}
        started.append(subprocess.Popen(command, stdout=log, stderr=log, env=variables, start_new_session=True))
    for url in (f"{EMULATOR}/_ministack/health", f"http://127.0.0.1:{STACK_PORT + 1}/_sandbox/state"):
        for _ in range(600):
            if any(process.poll() is not None for process in started):
                sys.exit(f"A process ended. Are the ports {PORT} and {STACK_PORT} free?")
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            sys.exit(f"{url} does not answer.")


def deploy(packages, stack, config, parameters, wanted="deployed", more=()):
    """Runs `sam deploy` of an environment of samconfig.toml."""
    started = time.monotonic()
    vendor = "dropbox" if config.endswith("dropbox") else "dropsuite"
    region_code = "eucentral" if config.startswith("euc") else "euwest"
    sandboxes = {
        "DropsuiteBaseUrl": f"http://127.0.0.1:{STACK_PORT + 1}/api",
        "DropboxBaseUrl": f"http://127.0.0.1:{STACK_PORT + 3}/2",
        "ConnectWiseBaseUrl": f"http://127.0.0.1:{STACK_PORT + 2}",
    }
    given = {"Vendor": vendor, "RegionCode": region_code} | sandboxes | parameters
    command = ["sam", "deploy", "--config-env", config, "--stack-name", stack, "--no-confirm-changeset"]
    command += [*more, "--parameter-overrides", *(f"{name}={value}" for name, value in given.items())]
    done = subprocess.run(command, cwd=packages.folder, env=environment(), capture_output=True, text=True)
    output = done.stdout + done.stderr
    outcome = "deployed" if done.returncode == 0 else "refused"
    what = f"sam deploy --config-env {config}"
    expect(what, wanted, outcome, started)
    if outcome != wanted:
        print(output[-1500:])
        events = client("cloudformation", REGIONS[region_code]).describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [
            f"{one['LogicalResourceId']}: {one['ResourceStatus']} {one['ResourceStatusReason']}"
            for one in events
            if one.get("ResourceStatusReason") not in (None, "")
        ]
        sys.exit("\n".join(reasons))


def resources(stack, region):
    """Returns the physical ids of a stack's resources, by logical id."""
    pages = client("cloudformation", region).get_paginator("list_stack_resources").paginate(StackName=stack)
    listed = [one for page in pages for one in page["StackResourceSummaries"]]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}


def left(region):
    """Returns what is in a region: how many tables, keys, secrets, queues, functions, roles and log groups there are."""
    keys = client("kms", region)
    of_ours = [
        one["KeyId"]
        for one in keys.list_keys()["Keys"]
        if keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyManager"] == "CUSTOMER"
        and keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
    ]
    counts = {
        "table": len(client("dynamodb", region).list_tables()["TableNames"]),
        "key": len(of_ours),
        "secret": len(client("secretsmanager", region).list_secrets()["SecretList"]),
        "queue": len(client("sqs", region).list_queues().get("QueueUrls", [])),
        "function": len(client("lambda", region).list_functions()["Functions"]),
        "log group": len(client("logs", region).describe_log_groups()["logGroups"]),
        "alarm": len(client("cloudwatch", region).describe_alarms()["MetricAlarms"]),
        "API": len(client("apigatewayv2", region).get_apis()["Items"]),
        "rule": len(client("events", region).list_rules()["Rules"]),
    }
    return {what: count for what, count in counts.items() if count}


def delete(stack, region):
    started = time.monotonic()
    cloudformation = client("cloudformation", region)
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    row(f"delete {stack[:34]}", "deleted", started)


def event_of(name, properties, session, key="none"):
    """Returns the event of a function: its file in tests/events, or a request of the portal, of a program with a key, or of a
    reporter."""
    file = Path(f"tests/events/{name}.json")
    if file.exists():
        return json.loads(file.read_text())
    event = json.loads(Path("tests/events/fields-get.json").read_text())
    # A page has a second route, to its assets.
    route, *_ = [one["Properties"] for one in properties["Events"].values()]
    method, path, body, headers = route["Method"], route["Path"], "{}", {"content-type": "application/json"}
    if name == "portal-session-create":
        body = json.dumps({"resellerToken": RESELLER_TOKEN, "accessToken": ACCESS_TOKEN})
    elif name == "actions-report":
        stamp, body = str(int(time.time())), '{"events":[]}'
        digest = hmac.new(REPORTER_KEY.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
        headers |= {"x-reporter-id": REPORTER, "x-timestamp": stamp, "x-signature": f"sha256={digest}"}
    else:
        headers["authorization"] = f"Bearer {key if name.startswith('portal-usage-') else session}"
    event |= {"routeKey": f"{method} {path}", "rawPath": path, "headers": headers}
    event["requestContext"] |= {"routeKey": event["routeKey"]}
    event["requestContext"]["http"] |= {"method": method, "path": path}
    if method == "POST":
        event |= {"body": body, "isBase64Encoded": False}
    return event


def invoke(function, event, region="eu-west-1"):
    """Returns the status of the answer (`-` for a function that no URL leads to), its code, and the answer."""
    answer = client("lambda", region).invoke(FunctionName=function, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or "null")
    if answer.get("FunctionError"):
        return "error", "", payload
    if not isinstance(payload, dict) or "statusCode" not in payload:
        return "-", "", payload
    try:
        body = json.loads(payload.get("body") or "null")
    except ValueError:
        body = payload["body"]
    found = next((body[key] for key in ("Code", "code") if isinstance(body, dict) and key in body), "")
    return payload["statusCode"], found, body


def call_each(packages, stack, region):
    """Calls every function of a stack with an event. Each must answer: BSS functions with their success, the others with
    what they answer to a body without content, but never with an error of the server or of the session."""
    physical = resources(stack, region)
    session = key = "none"
    others = [name for name in packages.functions if name not in [*STORY, *LAST]]
    for name in [*STORY, *others, *LAST]:
        logical_id, properties = packages.functions[name]
        started = time.monotonic()
        status, code, body = invoke(physical[logical_id], event_of(name, properties, session, key), region)
        if name == "portal-session-create" and status == 200:
            session = body["token"]
        if name == "portal-usagekey-create" and status == 200:
            key = body["key"]
        is_bss = name in [*STORY, *LAST] and not name.startswith("portal-")
        refused = status == "error" or (status != "-" and (status >= 500 or status in (401, 403, 404)))
        if refused or (is_bss and status != 200):
            failures.append(f"{name}: {status} {code} {json.dumps(body)[:300]}")
        row(f"  {name}", f"{status} {code}{'  FAILED' if refused else ''}", started)
    return session


def main():
    emulator, *built = sys.argv[1:]
    os.environ.update({name: value for name, value in environment().items() if name.startswith("AWS_")})
    work = Path(tempfile.mkdtemp())
    running, done = [], False
    try:
        started = time.monotonic()
        packages = Packages(work, *built or [None])
        row("package", f"{len(packages.functions)} functions; {packages.dropped} alarms and queries left out", started)
        started = time.monotonic()
        processes(emulator, work, running)
        row("start the emulator and the local stack", "", started)
        run(packages)
        done = not failures
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
        if done:
            shutil.rmtree(work)
        else:
            print(f"The logs are in {work}.")
    if failures:
        print(f"{len(failures)} failed:", *failures, sep="\n")
        sys.exit(1)


DOMAIN = "service-manager.example.com"

# How long the name of a stack may be.
LONGEST = 128


def configuration(stack, logical_id, region=WEST):
    """Returns the configuration of a live function, as the emulator starts it."""
    return client("lambda", region).get_function_configuration(FunctionName=resources(stack, region)[logical_id])


def what_the_rules_refuse(packages):
    """Parameters that do not go together are refused before anything is made, with the sentence of the template's rule."""
    rules = packages.template["Rules"].values()
    sentences = [one["AssertDescription"] for rule in rules for one in rule["Assertions"]]
    parts = {"Parameters": packages.template["Parameters"], "Rules": packages.template["Rules"]}
    template = json.dumps(parts | {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    cloudformation = client("cloudformation")

    def answer(parameters):
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        request = {"StackName": "service-manager-rules", "ChangeSetName": "rules", "ChangeSetType": "CREATE"}
        try:
            cloudformation.create_change_set(**request, TemplateBody=template, Parameters=given)
        except cloudformation.exceptions.ClientError as error:
            return error.response["Error"]["Message"]
        cloudformation.delete_stack(StackName=request["StackName"])
        return "accepted"

    region, name, path = {"RegionCode": "euwest"}, {"DomainName": DOMAIN}, {"BasePath": "dropsuite"}
    shared = {"CreateDomain": "false"}
    certificate = {"CertificateArn": f"arn:aws:acm:{WEST}:{ACCOUNT}:certificate/5ad00000-0000-4000-8000-000000000001"}
    refused = [name, name | path, shared, shared | name, shared | path, shared | name | path | {"HostedZoneId": "Z0"}, path]
    answers = [answer(region | one) for one in refused]
    found = [next((number for number, one in enumerate(sentences) if got.endswith(one)), got) for got in answers]
    expect("rules: sentence of each refusal", [0, 0, 1, 1, 1, 2, 3], found)
    expect("  sentences without a case", [], [one for number, one in enumerate(sentences) if number not in found])
    accepted = [{}, name | certificate, name | certificate | path, shared | name | path]
    expect("  accepted", ["accepted"] * len(accepted), [answer(region | one) for one in accepted])


def a_creation_that_fails(packages):
    """A mapping on a host name that no stack owns fails last, when everything else is there."""
    parameters = {"DomainName": "nowhere.example.com", "CreateDomain": "false", "BasePath": "dropsuite"}
    stack = "service-manager-that-fails"
    deploy(packages, stack, "euw", parameters | {"TableProtection": "false"}, "refused")
    (found,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    expect("  its state", "ROLLBACK_COMPLETE", found["StackStatus"])
    expect("  left of it", {}, left(WEST))
    delete(stack, WEST)


def two_stacks_in_the_west(packages):
    """Both vendors, on one host name. Dropsuite's stack owns it."""
    certificate = client("acm").request_certificate(DomainName=DOMAIN)["CertificateArn"]
    owner = {"DomainName": DOMAIN, "BasePath": "dropsuite", "CertificateArn": certificate}
    deploy(packages, name_of("euw"), "euw", owner)
    other = {"DomainName": DOMAIN, "BasePath": "dropbox", "CreateDomain": "false"}
    deploy(packages, name_of("euw-dropbox"), "euw-dropbox", other)
    mappings = client("apigatewayv2").get_api_mappings(DomainName=DOMAIN)["Items"]
    expect(f"  paths on {DOMAIN}", ["dropbox", "dropsuite"], sorted(one["ApiMappingKey"] for one in mappings))


def two_stacks_in_central(packages):
    """Both vendors, in an account whose concurrency cannot be reserved."""
    for config in ("euc", "euc-dropbox"):
        deploy(packages, name_of(config), config, {"AdditionsConcurrency": "0", "TicketsConcurrency": "0"})


def name_of(config):
    """Returns the name of the stack of an environment; one of them has the longest name that is allowed."""
    vendor = "dropbox" if config.endswith("dropbox") else "dropsuite"
    name = f"service-manager-{vendor}-{config.split('-')[0]}"
    return name.ljust(LONGEST, "0") if config == "euc" else name


def fill_the_secrets(stack, region):
    secrets = client("secretsmanager", region)
    (found,) = client("cloudformation", region).describe_stacks(StackName=stack)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
    for output, entry in (
        ("ApplicationsSecret", {APPLICATION: API_KEY}),
        ("ReportersSecret", {REPORTER: REPORTER_KEY}),
    ):
        secrets.put_secret_value(SecretId=outputs[output], SecretString=json.dumps(entry))
    return outputs


def what_calls_the_functions(stack):
    """Everything that calls a function must name it without a version: then it calls what was deployed last."""
    lambdas = client("lambda")
    pages = lambdas.get_paginator("list_functions").paginate()
    names = {one["FunctionName"] for page in pages for one in page["Functions"]}
    function = resources(stack, WEST)["FieldsGetFunction"]
    versions = lambdas.list_versions_by_function(FunctionName=function)["Versions"]
    aliases = lambdas.list_aliases(FunctionName=function)["Aliases"]
    expect("  versions and aliases of a function", (["$LATEST"], []), ([one["Version"] for one in versions], aliases))
    events = client("events")
    targets = [events.list_targets_by_rule(Rule=one["Name"])["Targets"] for one in events.list_rules()["Rules"]]
    callers = [one["Arn"] for found in targets for one in found]
    callers += [one["FunctionArn"] for one in lambdas.list_event_source_mappings()["EventSourceMappings"]]
    qualified = [one for one in callers if one.split(":")[-1] not in names]
    expect("  schedules, streams and queues of two stacks", (16, []), (len(callers), qualified))


def one_change_is_live(packages, stack):
    before = configuration(stack, "PortalSettingsSaveFunction")
    deployed = client("cloudformation").get_template(StackName=stack, TemplateStage="Original")
    changed = {"ConnectWiseClientId": CLIENT_ID, "MemorySize": "512", "LogLevel": "DEBUG", "Tracing": "true"}
    kept = {"DomainName": DOMAIN, "BasePath": "dropsuite"}
    kept["CertificateArn"] = client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    deploy(packages, stack, "euw", kept | changed)
    after = configuration(stack, "PortalSettingsSaveFunction")

    def live(found):
        return (
            found["Environment"]["Variables"].get("CONNECTWISE_CLIENT_ID", ""),
            found["MemorySize"],
            found["LoggingConfig"]["ApplicationLogLevel"],
            found["TracingConfig"]["Mode"],
        )

    expect("  live before", ("", 256, "INFO", "PassThrough"), live(before))
    expect("  live after", (CLIENT_ID, 512, "DEBUG", "Active"), live(after))
    # The way back of docs/how-to/roll-back.md: the template that was deployed before, without a build.
    (packages.folder / "deployed.yaml").write_text(deployed["TemplateBody"])
    # A parameter that is not named keeps its value.
    back = kept | {"MemorySize": "256", "LogLevel": "INFO", "Tracing": "false"}
    deploy(packages, stack, "euw", back, more=["--template-file", "deployed.yaml"])
    restored = live(configuration(stack, "PortalSettingsSaveFunction"))
    expect("  live after the rollback", (CLIENT_ID, 256, "INFO", "PassThrough"), restored)


def a_lost_item_is_copied_back(stack):
    """The way of docs/how-to/restore.md: a table is restored beside the live one, which then gets what it lacks."""
    started = time.monotonic()
    tables, table = client("dynamodb"), resources(stack, WEST)["Table"]
    restored = f"{table}-restored"
    tables.restore_table_to_point_in_time(
        SourceTableName=table, TargetTableName=restored, UseLatestRestorableTime=True
    )
    tables.get_waiter("table_exists").wait(TableName=restored)
    lasting = [one for one in tables.scan(TableName=table)["Items"] if "expires_at" not in one and one["sk"]["S"] != "lock"]
    lost = {name: lasting[0][name] for name in ("pk", "sk")}
    tables.delete_item(TableName=table, Key=lost)
    command = ["tests/scripts/copy-items", restored, table, ""]
    copied = subprocess.run(command, env=environment() | {"AWS_REGION": WEST}, capture_output=True, text=True)
    wanted = f"1 copied, {len(lasting) - 1} already there\n"
    expect("tests/scripts/copy-items", wanted, copied.stdout or copied.stderr, started)
    expect("  the lost item", lasting[0], tables.get_item(TableName=table, Key=lost).get("Item"))
    tables.delete_table(TableName=restored)


def a_stack_that_adopts(packages, session):
    """Deletes the stack, and makes it again of its table and its key. The emulator derives the table's name from the
    stack's, and would replace the table in a stack of another name."""
    stack = name_of("euw")
    before = resources(stack, WEST)
    key_arn = f"arn:aws:kms:{WEST}:{ACCOUNT}:key/{before['Key']}"
    delete(name_of("euw-dropbox"), WEST)
    delete(stack, WEST)
    expect("  left of two stacks", {what: 2 * count for what, count in KEPT.items()}, left(WEST))
    started = time.monotonic()
    command = ["tests/scripts/adopt", stack, before["Table"], key_arn]
    adopted = subprocess.run(command, env=environment() | {"AWS_REGION": WEST}, capture_output=True, text=True)
    expect("tests/scripts/adopt", 0, adopted.returncode, started)
    if adopted.returncode:
        sys.exit(adopted.stderr)
    deploy(packages, stack, "euw", {})
    after = resources(stack, WEST)
    expect("  table and key", (before["Table"], before["Key"]), (after["Table"], after["Key"]))
    # The session is in the table, with tokens that the key encrypts.
    event = event_of("portal-plans-list", packages.functions["portal-plans-list"][1], session)
    expect("  a session of the deleted stack", 200, invoke(after["PortalPlansListFunction"], event)[0])
    delete(stack, WEST)


def run(packages):
    with ThreadPoolExecutor() as pool:
        central = pool.submit(two_stacks_in_central, packages)
        what_the_rules_refuse(packages)
        a_creation_that_fails(packages)
        two_stacks_in_the_west(packages)
        central.result()
    stack = name_of("euw")
    fill_the_secrets(stack, WEST)
    what_calls_the_functions(stack)
    session = call_each(packages, stack, WEST)
    one_change_is_live(packages, stack)
    a_lost_item_is_copied_back(stack)
    a_stack_that_adopts(packages, session)
    for config in ("euc-dropbox", "euc"):
        delete(name_of(config), CENTRAL)
    expect("left in eu-central-1", {what: 2 * count for what, count in KEPT.items()}, left(CENTRAL))


main()
