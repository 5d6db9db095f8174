// Package eval is what evaluators of queries have in common: records taken apart, conditions compiled to matchers of values, the
// order of hits and cursors, the accumulators of aggregations, the editing of lines. It is for those who write a [search.Searcher];
// package store and package search/lines are made of it.
package eval
