package desk

import "testing"

// A new password leaves the agent's API tokens, unless he wants them to end with it.
func TestTokensAndPasswords(t *testing.T) {
	s, ctx := open(t), t.Context()
	make2 := func() (tokens []string) {
		t.Helper()
		for _, name := range []string{"orders", "reports"} {
			token, err := s.CreateToken(ctx, s.bo, s.bo.Agent(), name)
			s.must(err)
			tokens = append(tokens, token)
		}
		return tokens
	}
	works := func(tokens []string, want bool, when string) {
		t.Helper()
		for _, token := range tokens {
			if _, err := s.AgentByToken(ctx, System, token); (err == nil) != want {
				t.Errorf("%s: %v", when, err)
			}
		}
	}
	others, err := s.CreateToken(ctx, s.alice, s.alice.Agent(), "hers")
	s.must(err)
	tokens := make2()
	s.must(s.ChangePassword(ctx, s.bo, 0, "oolong and more Bo", "a cup of pu erh", false))
	works(tokens, true, "after a change")
	if err := s.ChangePassword(ctx, s.bo, 0, "wrong", "a pot of oolong", true); !IsInvalid(err) {
		t.Errorf("without the password: %v", err)
	}
	works(tokens, true, "after a change that was refused")
	s.must(s.ChangePassword(ctx, s.bo, 0, "a cup of pu erh", "a pot of oolong", true))
	works(tokens, false, "after a change that was to end them")
	tokens = make2()
	link, err := s.MakeReset(ctx, s.alice, s.bo.Agent())
	s.must(err)
	_, err = s.ResetPassword(ctx, System, link, "a jar of white tea", true)
	s.must(err)
	works(tokens, false, "after a reset that was to end them")
	works([]string{others}, true, "another's")
}
