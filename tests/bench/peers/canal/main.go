// SPDX-License-Identifier: Apache-2.0

// Counts the rows that go-mysql's canal reads from a binlog, from a GTID set on.
// ../README.md describes its output.
package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/go-mysql-org/go-mysql/canal"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
)

// Counts rows. An update is one row, although canal passes two images.
type counter struct {
	canal.DummyEventHandler
	table string
	rows  int // number of rows in total
	skip  int // number of rows before the measurement
	ages  []int64

	commit  int64 // of the current transaction, microseconds
	latency bool
	seen    int
	first   int
	begin   time.Time
}

func (c *counter) OnGTID(_ *replication.EventHeader, event mysql.BinlogGTIDEvent) error {
	if gtid, ok := event.(*replication.GTIDEvent); ok {
		c.commit = int64(gtid.ImmediateCommitTimestamp)
	}
	return nil
}

func (c *counter) OnRow(event *canal.RowsEvent) error {
	if event.Table.Name != c.table {
		return nil
	}
	rows := len(event.Rows)
	if event.Action == canal.UpdateAction {
		rows /= 2
	}
	if c.latency && c.seen >= c.skip && c.seen < c.rows {
		c.ages = append(c.ages, time.Now().UnixMicro()-c.commit)
	}
	c.seen += rows
	if c.first == 0 && c.seen > c.skip {
		c.first = c.seen
		c.begin = time.Now()
		fmt.Println("first")
	}
	if c.seen >= c.rows && c.seen-rows < c.rows {
		c.finish()
	}
	return nil
}

// Time starts with the first event, whose rows do not count for the rate.
func (c *counter) finish() {
	seconds := time.Since(c.begin).Seconds()
	slices.Sort(c.ages)
	fmt.Printf("done rows=%d counted=%d seconds=%.6f p50_us=%d p99_us=%d\n", c.seen, c.seen-c.first,
		seconds, c.at(0.50), c.at(0.99))
}

func (c *counter) at(quantile float64) int64 {
	if len(c.ages) == 0 {
		return 0
	}
	return c.ages[min(len(c.ages)-1, int(quantile*float64(len(c.ages))))]
}

func run() error {
	config := canal.NewDefaultConfig()
	handler := &counter{}
	var gtids string
	flag.StringVar(&config.Addr, "address", "", "host:port of the source")
	flag.StringVar(&config.User, "user", "", "")
	flag.StringVar(&config.Password, "password", "", "")
	flag.StringVar(&gtids, "gtids", "", "GTIDs executed before the start")
	flag.StringVar(&handler.table, "table", "", "table to count")
	flag.IntVar(&handler.rows, "rows", 0, "number of rows in total")
	flag.IntVar(&handler.skip, "skip", 0, "number of rows before the measurement")
	flag.BoolVar(&handler.latency, "latency", false, "measure the age of each row")
	flag.Parse()
	config.ServerID = 4712
	config.Dump.ExecutionPath = ""
	config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	reader, err := canal.NewCanal(config)
	if err != nil {
		return err
	}
	set, err := mysql.ParseGTIDSet(mysql.MySQLFlavor, gtids)
	if err != nil {
		return err
	}
	reader.SetEventHandler(handler)
	fmt.Println("streaming")
	return reader.StartFromGTID(set)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
