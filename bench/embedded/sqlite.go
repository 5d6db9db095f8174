package embedded

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver

	"github.com/sluicelog/sluice/bench/audio"
)

// sqlite is a table of lines with a full-text index of the messages and a B-tree for each query that wants one.
type sqlite struct {
	db    *sql.DB
	o     *audio.Oracle
	tx    *sql.Tx
	add   *sql.Stmt
	words *sql.Stmt
	n     int64
}

const sqliteSchema = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
CREATE TABLE records(seq INTEGER PRIMARY KEY, time INTEGER, level TEXT, stage TEXT, request_id TEXT, user_id TEXT, duration_ms REAL, msg TEXT, line BLOB);
CREATE VIRTUAL TABLE words USING fts5(msg, content='records', content_rowid='seq');
CREATE INDEX by_time ON records(time);
CREATE INDEX by_level ON records(level, stage);
CREATE INDEX by_request ON records(request_id);
CREATE INDEX by_user ON records(user_id);
CREATE INDEX by_duration ON records(duration_ms);`

// sqliteBatch is how many records a transaction has.
const sqliteBatch = 10_000

func openSQLite(ctx context.Context, dir string, o *audio.Oracle) (Engine, error) {
	db, err := sql.Open("sqlite", filepath.Join(dir, "records.db"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &sqlite{db: db, o: o}
	if _, err := db.ExecContext(ctx, sqliteSchema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *sqlite) begin() (err error) {
	if s.tx, err = s.db.Begin(); err != nil {
		return err
	}
	if s.add, err = s.tx.Prepare(`INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?)`); err != nil {
		return err
	}
	s.words, err = s.tx.Prepare(`INSERT INTO words(rowid, msg) VALUES (?,?)`)
	return err
}

func (s *sqlite) Add(line []byte) error {
	r, err := parse(line)
	if err != nil {
		return err
	}
	if s.tx == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.n++
	if _, err := s.add.Exec(s.n, r.Time.UnixNano(), text(r.Level), text(r.Stage), text(r.RequestID), text(r.UserID), r.DurationMS, r.Msg, line); err != nil {
		return err
	}
	if _, err := s.words.Exec(s.n, r.Msg); err != nil {
		return err
	}
	if s.n%sqliteBatch == 0 {
		return s.commit()
	}
	return nil
}

func (s *sqlite) commit() error {
	if s.tx == nil {
		return nil
	}
	err := s.tx.Commit()
	s.tx = nil
	return err
}

// text is a column's value, NULL for none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *sqlite) Seal(ctx context.Context) error {
	if err := s.commit(); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;`)
	return err
}

func (s *sqlite) Close() error { return s.db.Close() }

func (s *sqlite) Find(ctx context.Context, query string) (hits int, newest [][]byte, err error) {
	from, where, args := "records", "", []any{}
	switch query {
	case "q1":
		where, args = "request_id = ?", []any{s.o.Needle}
	case "q2":
		from, where, args = "words JOIN records ON seq = words.rowid", "words MATCH ?", []any{`"` + audio.Phrase + `"`}
	case "q3":
		where, args = "level = ? AND stage = ?", []any{audio.Level, audio.Stage}
	case "q4":
		where, args = "duration_ms > ?", []any{audio.Slow}
	case "q5":
		where, args = "user_id GLOB ?", []any{audio.UserPrefix + "*"}
	case "q6":
		at := s.o.First.Add(audio.WindowAt)
		where, args = "time >= ? AND time < ? AND level = ?", []any{at.UnixNano(), at.Add(audio.Window).UnixNano(), audio.WindowLevel}
	default:
		return 0, nil, unknown(query)
	}
	counted := from
	if query == "q2" {
		counted = "words"
	}
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+counted+" WHERE "+where, args...).Scan(&hits); err != nil {
		return 0, nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT line FROM "+from+" WHERE "+where+" ORDER BY time DESC, seq DESC LIMIT ?", append(args, audio.Newest)...)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line []byte
		if err := rows.Scan(&line); err != nil {
			return 0, nil, err
		}
		newest = append(newest, line)
	}
	return hits, newest, rows.Err()
}

func (s *sqlite) Levels(ctx context.Context) (out map[string]map[int64]int, _ bool, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT level, time/60000000000 AS minute, count(*) FROM records GROUP BY level, minute`)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]map[int64]int{}
	for rows.Next() {
		var level string
		var minute int64
		var n int
		if err := rows.Scan(&level, &minute, &n); err != nil {
			return nil, false, err
		}
		if out[level] == nil {
			out[level] = map[int64]int{}
		}
		out[level][minute] = n
	}
	return out, false, rows.Err()
}

func (s *sqlite) P99(ctx context.Context) (out map[string]float64, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT stage, duration_ms FROM (SELECT stage, duration_ms,
		row_number() OVER (PARTITION BY stage ORDER BY duration_ms) AS rank, count(*) OVER (PARTITION BY stage) AS n
		FROM records WHERE duration_ms IS NOT NULL AND stage IS NOT NULL) WHERE rank = (99*n+99)/100`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]float64{}
	for rows.Next() {
		var stage string
		var ms float64
		if err := rows.Scan(&stage, &ms); err != nil {
			return nil, err
		}
		out[stage] = ms
	}
	return out, rows.Err()
}
