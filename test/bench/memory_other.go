//go:build !unix

package main

import "os"

// peakMegabytes is not known here.
func peakMegabytes(*os.ProcessState) float64 { return 0 }
