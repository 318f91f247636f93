package main

import (
	"context"
	"io"
)

func soakCommand(ctx context.Context, args []string, out io.Writer) error { return nil }
