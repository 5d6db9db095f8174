// Package audio enriches the records of an audio pipeline: those whose attribute type is audio_processing.
//
//	sound, err := audio.New(&audio.Options{Metadata: audio.Files(pathOf), Logger: logger})
//	…
//	defer sound.Close(ctx)
//	h := enrich.NewHandler(next, &enrich.Options{Enrichers: []enrich.Enricher{sound}})
//
// # What a record gets
//
// By its attribute audio_id the group audio: what a metadata provider knows of it. [Files] is a provider that reads the header of
// the file, see [Probe]; one that asks a database is a provider.Func.
//
// By its attribute processing_stage (or stage) the group stage_metrics: how many records of that stage have told a duration_ms so
// far in this process, their p50_ms and p95_ms, and error_rate, the share that failed: of level ERROR and above, or with outcome
// "failure". The record at hand counts already.
//
// By its attribute output_path the group quality: peak, RMS, share of clipped samples, noise floor, an estimate of the signal-to-noise
// ratio and the integrated loudness of the written file, see [Quality]. Measuring takes milliseconds, so the log call never
// waits for it: the first record of a file says quality.pending=true, later ones have the figures, and with
// [Options.Logger] a record of its own tells them as soon as they are there, under the identifiers of the first one's request.
//
// Metadata and quality are cached (10,000 entries, 300 seconds), see package provider.
package audio
