# SPDX-License-Identifier: Apache-2.0
"""Keeps a copy of inventory.customers in SQLite and applies each change exactly once.

The token is stored in the same database transaction as the effect of the changes before it.
"""

import sqlite3
import sys
import time

import grpc

from db.inventory import customers_pb2
from millrace.v1 import change_feed_pb2 as feed
from millrace.v1 import change_feed_pb2_grpc, error_pb2


def apply(database, change):
    row = customers_pb2.customers()
    if change.HasField("before"):  # for updates too, which may have changed the key
        change.before.Unpack(row)
        database.execute("DELETE FROM customers WHERE id = ?", (row.id,))
    if change.HasField("after"):
        change.after.Unpack(row)
        database.execute("REPLACE INTO customers VALUES (?, ?)", (row.id, row.SerializeToString()))
    if change.operation == feed.OPERATION_TRUNCATE:
        database.execute("DELETE FROM customers")
    print(change.sequence, feed.Operation.Name(change.operation), str(row).replace("\n", "  "))


def follow(stub, database):
    """Streams from the stored token until the connection ends."""
    request = feed.SubscribeRequest(tables=["inventory.customers"])
    stored = database.execute("SELECT token FROM position").fetchone()
    if stored:
        request.resume_token = stored[0]
    else:
        request.at = feed.START_POINT_EARLIEST
    for response in stub.Subscribe(request):
        with database:  # one transaction: after a crash all of it or nothing is stored
            for transaction in response.transactions:
                for change in transaction.changes:
                    apply(database, change)
            database.execute("REPLACE INTO position VALUES (0, ?)", (response.resume_token,))


def main(address):
    database = sqlite3.connect("customers.db")
    database.execute("CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY, token TEXT)")
    database.execute("CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, row BLOB)")
    # Rows may be larger than gRPC's default limit of 4 MB.
    channel = grpc.insecure_channel(address, [("grpc.max_receive_message_length", -1)])
    stub = change_feed_pb2_grpc.ChangeFeedStub(channel)
    while True:
        try:
            follow(stub, database)
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata() or ()).get("millrace-error-bin", b"")
            reason = error_pb2.ErrorDetail.FromString(details).reason
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                sys.exit(f"{reason or error.code().name}: {error.details()}")
        time.sleep(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7171")
    except KeyboardInterrupt:
        pass
