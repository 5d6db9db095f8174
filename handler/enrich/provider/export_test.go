package provider

// Coarse makes log calls wait by timers alone, which the clock of testing/synctest moves.
func Coarse() { fine = 0 }

// Fine makes log calls wait as in production. It returns what undoes it.
func Fine() (undo func()) {
	was := fine
	fine = fineTimers
	return func() { fine = was }
}
