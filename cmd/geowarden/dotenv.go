package main

func readDotenv(file string, required bool, r *report) map[string]string { return nil }
