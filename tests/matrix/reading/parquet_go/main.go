// Reads with parquet-go. Arguments: datasets as NAME=DIRECTORY; prints as common.py does.
package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"
)

func main() {
	results := map[string]any{}
	for _, argument := range os.Args[1:] {
		name, directory, _ := strings.Cut(argument, "=")
		sums, err := read(directory)
		if err != nil {
			results[name] = map[string]string{"error": err.Error()}
		} else {
			results[name] = sums
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(directory string) (map[string]*[2]int64, error) {
	sums := map[string]*[2]int64{}
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".parquet") {
			return err
		}
		return readFile(path, sums)
	})
	return sums, err
}

func readFile(path string, sums map[string]*[2]int64) error {
	source, err := os.Open(path)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(source, info.Size())
	if err != nil {
		return err
	}
	columns := file.Schema().Columns()
	for _, group := range file.RowGroups() {
		if err := readRows(group.Rows(), columns, sums); err != nil {
			return err
		}
	}
	return nil
}

func readRows(rows parquet.Rows, columns [][]string, sums map[string]*[2]int64) error {
	defer rows.Close()
	buffer := make([]parquet.Row, 1000)
	for {
		count, err := rows.ReadRows(buffer)
		for _, row := range buffer[:count] {
			for _, value := range row {
				name := columns[value.Column()][0]
				if sums[name] == nil {
					sums[name] = &[2]int64{}
				}
				sums[name][0]++
				sums[name][1] += countAs(value)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func countAs(value parquet.Value) int64 {
	switch value.Kind() {
	case parquet.ByteArray:
		return int64(crc32.ChecksumIEEE(value.ByteArray()))
	case parquet.Double:
		return int64(math.Round(value.Double() * 1e6))
	case parquet.Int64:
		return value.Int64()
	default:
		return int64(value.Int32())
	}
}
