// SPDX-License-Identifier: Apache-2.0

// Prints the changes of inventory.customers as typed rows and stores the token in a file.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"example/db/inventory"
	feed "example/millrace/v1"
)

const tokenFile = "customers.token"

// storeToken replaces the file atomically, so that a crash leaves the old or the new token.
func storeToken(token string) error {
	if err := os.WriteFile(tokenFile+".new", []byte(token), 0o644); err != nil {
		return err
	}
	return os.Rename(tokenFile+".new", tokenFile)
}

func show(change *feed.Change) error {
	image := change.GetAfter()
	if image == nil {
		image = change.GetBefore()
	}
	row := &inventory.Customers{}
	if image != nil {
		if err := image.UnmarshalTo(row); err != nil {
			return err
		}
	}
	fmt.Println(change.GetSequence(), change.GetOperation(), row.GetId(), row)
	return nil
}

// follow streams from the stored token until the connection ends.
func follow(ctx context.Context, client feed.ChangeFeedClient) error {
	request := &feed.SubscribeRequest{
		Tables: []string{"inventory.customers"},
		Start:  &feed.SubscribeRequest_At{At: feed.StartPoint_START_POINT_EARLIEST},
	}
	token, err := os.ReadFile(tokenFile)
	if err == nil {
		request.Start = &feed.SubscribeRequest_ResumeToken{ResumeToken: string(token)}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	stream, err := client.Subscribe(ctx, request)
	if err != nil {
		return err
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, transaction := range response.GetTransactions() {
			for _, change := range transaction.GetChanges() {
				if err := show(change); err != nil {
					return err
				}
			}
		}
		if err := storeToken(response.GetResumeToken()); err != nil {
			return err
		}
	}
}

func main() {
	address := "127.0.0.1:7171"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	// Rows may be larger than gRPC's default limit of 4 MB.
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
	if err != nil {
		log.Fatal(err)
	}
	for {
		err := follow(context.Background(), feed.NewChangeFeedClient(connection))
		if err != nil && status.Code(err) != codes.Unavailable {
			log.Fatal(err)
		}
		time.Sleep(time.Second)
	}
}
