"""moto's server on a free port of 127.0.0.1, whose URL it prints, with what DynamoDB does and moto does not.

Conditions hold for simultaneous requests: it works on one at a time. A transaction that is sent again with the token of one
that was made is answered like that one. A transaction that is refused leaves no trace in the stream, and those who read the
stream go on reading it.
"""

import copy
import io
import json
import logging
import threading

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.server import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

logging.getLogger("werkzeug").setLevel(logging.ERROR)
moto = {service: create_backend_app(service.lower()) for service in ("DynamoDB", "DynamoDBStreams")}
turn = threading.Lock()
transactions = {}

# Before a transaction moto copies the whole table once for each action, and it puts back the last copy if the transaction is
# refused. Without its copies, what the transaction can change is put back here.
Table.__deepcopy__ = lambda table, memo: table


def write(backend, actions, moto_write=DynamoDBBackend.transact_write_items):
    before = []
    for action in actions:
        operation = next(iter(action.values()))
        table = backend.get_table(operation["TableName"])
        key = backend.get_keys_value(table, operation.get("Key") or operation["Item"])
        before.append((table, key, copy.deepcopy(table.get_item(*key))))
    lengths = {table.stream_shard: len(table.stream_shard.items) for table, _, _ in before if table.stream_shard}
    try:
        moto_write(backend, actions)
    except Exception:
        for table, (partition, sort), item in before:
            if item is None:
                table.items[partition].pop(sort, None)
            else:
                table.items[partition][sort] = item
        for shard, length in lengths.items():
            del shard.items[length:]
        raise


DynamoDBBackend.transact_write_items = write


def in_turn(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    service, operation = environ.get("HTTP_X_AMZ_TARGET", "DynamoDB_20120810.").split("_20120810.")
    token = json.loads(body).get("ClientRequestToken") if operation == "TransactWriteItems" else None
    with turn:
        answer = transactions.get(token) or Response.from_app(moto[service], environ, buffered=True)
        if token and answer.status_code == 200:
            transactions[token] = answer
    return answer(environ, start_response)


server = make_server("127.0.0.1", 0, in_turn, threaded=True, request_handler=MotoRequestHandler)
print(f"http://127.0.0.1:{server.port}", flush=True)
server.serve_forever()
