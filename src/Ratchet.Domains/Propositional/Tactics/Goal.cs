using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;

namespace Ratchet.Domains.Propositional.Tactics;

/// <summary>A named hypothesis; <paramref name="Id"/> is its variable in the proof term.</summary>
internal sealed record Hypothesis(string Name, Formula Type, int Id);

/// <summary>An open goal: hypotheses, oldest first, the formula to prove, and the place in the proof term that its proof fills.</summary>
internal sealed record Goal(Hypothesis[] Context, Formula Target, Term.Hole Hole)
{
    public Hypothesis? Find(string name)
    {
        foreach (var hypothesis in Context)
        {
            if (hypothesis.Name == name)
                return hypothesis;
        }

        return null;
    }
}
