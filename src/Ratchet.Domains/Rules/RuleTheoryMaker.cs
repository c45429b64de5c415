using Ratchet.Loop;

namespace Ratchet.Domains.Rules;

/// <summary>Builds one theory backwards from its question: chains that hold, chains that break, rules that oppose, and what leads nowhere.</summary>
internal sealed class RuleTheoryMaker
{
    private readonly RulesGeneratorOptions _options;
    private readonly List<RuleAtom> _atoms = [];
    private readonly List<int> _facts = [];
    private readonly List<(int[] Body, int Head)> _rules = [];
    private readonly List<(int Winner, int Loser)> _preferences = [];
    private RandomStream _stream;

    private RuleTheoryMaker(RulesGeneratorOptions options, RandomStream stream)
    {
        _options = options;
        _stream = stream;
    }

    /// <summary>A theory whose question has an answer, with a chain of a depth.</summary>
    public static RuleTheory Make(RulesAnswer answer, int depth, RulesGeneratorOptions options, RandomStream stream) => new RuleTheoryMaker(options, stream).Run(answer, depth);

    private RuleTheory Run(RulesAnswer answer, int depth)
    {
        var query = Fresh() & ~1;
        if (answer == RulesAnswer.Unknown)
            Break(query ^ _stream.NextInt(2), depth);
        else
            Derive(answer == RulesAnswer.Proved ? query : query ^ 1, depth);
        for (var i = _stream.NextInt(_options.MaxDistractors + 1); i > 0; i--)
            _facts.Add(Fresh());
        for (var i = _stream.NextInt(_options.MaxDistractors + 1); i > 0; i--)
            AddRule(Bodies(_facts.Count > 0 && _stream.NextInt(2) == 0 ? _facts[_stream.NextInt(_facts.Count)] : Fresh()), Fresh());
        return Shuffled(query);
    }

    /// <summary>Makes a literal hold: a fact, or a rule whose body holds and that nothing beats.</summary>
    private void Derive(int literal, int depth)
    {
        if (depth == 0)
        {
            _facts.Add(literal);
            return;
        }

        var body = Bodies(Fresh());
        var rule = AddRule(body, literal);
        Derive(body[0], depth - 1);
        if (body.Length > 1)
            Derive(body[1], _stream.NextInt(depth));
        if (_stream.NextDouble() < _options.ConflictShare)
            Oppose(rule);
    }

    /// <summary>Keeps a literal from holding although rules are about it: a condition fails somewhere down the chain, or a better rule is against it.</summary>
    private void Break(int literal, int depth, bool isQuestion = true)
    {
        if (depth == 0)
            return;
        var body = Bodies(Fresh());
        var rule = AddRule(body, literal);

        // Against the question itself a better rule would decide it the other way.
        if (!isQuestion && _stream.NextDouble() < _options.ConflictShare)
        {
            foreach (var condition in body)
                Derive(condition, _stream.NextInt(depth));
            var against = Fresh();
            Derive(against, 0);
            _preferences.Add((AddRule([against], literal ^ 1), rule));
            return;
        }

        Break(body[0], depth - 1, isQuestion: false);
        if (body.Length > 1)
            Derive(body[1], _stream.NextInt(depth));
    }

    /// <summary>A rule against another one: it applies and is less preferred, or it does not apply.</summary>
    private void Oppose(int rule)
    {
        var condition = Fresh();
        var against = AddRule([condition], _rules[rule].Head ^ 1);
        if (_stream.NextInt(2) == 0)
        {
            Derive(condition, 0);
            _preferences.Add((rule, against));
        }
        else if (_stream.NextInt(2) == 0)
        {
            _preferences.Add(_stream.NextInt(2) == 0 ? (against, rule) : (rule, against));
        }
    }

    private int[] Bodies(int first) => _stream.NextInt(5) < 2 ? [first, Fresh()] : [first];

    private int AddRule(int[] body, int head)
    {
        _rules.Add((body, head));
        return _rules.Count - 1;
    }

    /// <summary>A literal over an atom that is new, of either sign.</summary>
    private int Fresh()
    {
        RuleAtom atom;
        do
        {
            var subject = _stream.NextInt(RulesVocabulary.Animals.Count);
            var thing = (subject + 1 + _stream.NextInt(RulesVocabulary.Animals.Count - 1)) % RulesVocabulary.Animals.Count;
            atom = new RuleAtom(RulesVocabulary.Animals[subject], RulesVocabulary.Verbs[_stream.NextInt(RulesVocabulary.Verbs.Count)], RulesVocabulary.Animals[thing]);
        }
        while (_atoms.Contains(atom));
        _atoms.Add(atom);
        return ((_atoms.Count - 1) << 1) | _stream.NextInt(2);
    }

    private RuleTheory Shuffled(int query)
    {
        var facts = _facts.ToArray();
        _stream.Shuffle(facts.AsSpan());
        var order = Enumerable.Range(0, _rules.Count).ToArray();
        _stream.Shuffle(order.AsSpan());
        var place = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
            place[order[i]] = i;
        var rules = order.Select((rule, i) => new RuleClause($"r{i + 1}", _rules[rule].Body, _rules[rule].Head));
        return new RuleTheory([.. _atoms], facts, [.. rules], [.. _preferences.Select(p => (place[p.Winner], place[p.Loser])).Order()], query);
    }
}
