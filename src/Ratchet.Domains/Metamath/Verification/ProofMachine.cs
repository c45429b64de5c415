using System.Runtime.CompilerServices;
using Ratchet.Domains.Metamath.Reading;

namespace Ratchet.Domains.Metamath.Verification;

/// <summary>The stack machine that runs proofs: the rule of substitution (book 4.3), and nothing else that could be wrong.</summary>
/// <remarks>
/// Expressions lie in one buffer that only grows during a proof; the stack and the saved steps are places in it, so that a saved step costs
/// no copy and equality is a comparison of spans. Not safe for several threads; each has its own.
/// </remarks>
internal sealed class ProofMachine(MetamathDatabase database)
{
    /// <summary>Most symbols of all expressions of one proof together.</summary>
    public const int MaxSymbols = 1 << 26;

    /// <summary>Most symbols compared or copied in one proof: a second or so.</summary>
    public const long MaxWork = 1L << 31;

    private readonly record struct Expression(int Start, int Length);

    private readonly DatabaseTables _tables = database.Tables;
    private readonly DisjointTable _disjoint = new(database.Tables);

    /// <summary>What is put in place of the variable v, at place ~v, for the step at hand.</summary>
    private readonly Expression[] _substitution = new Expression[database.Tables.VariableNames.Count];

    private MetamathTheorem _theorem = null!;
    private int[] _buffer = new int[1 << 14];
    private Expression[] _stack = new Expression[256];
    private Expression[] _saved = new Expression[256];
    private int _used;
    private int _depth;
    private int _savedCount;
    private long _work;

    /// <summary>Symbols that the buffer has room for.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>Number of saved steps.</summary>
    public int Saved => _savedCount;

    /// <summary>What was wrong with the last call that gave false.</summary>
    public MetamathErrorKind Fault { get; private set; }

    /// <summary>The same in words.</summary>
    public string Message { get; private set; } = "";

    public void Begin(MetamathTheorem theorem)
    {
        _theorem = theorem;
        _used = _depth = _savedCount = 0;
        _work = 0;
        _disjoint.Begin(theorem);
    }

    /// <summary>Pushes a hypothesis.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Push(int reference)
    {
        var symbols = _theorem.SymbolsOf(reference);
        if (!Reserve(symbols.Length))
            return false;
        symbols.CopyTo(_buffer.AsSpan(_used));
        PushExpression(new Expression(_used, symbols.Length));
        _used += symbols.Length;
        return true;
    }

    /// <summary>Saves the top of the stack as the next saved step; the stack must not be empty.</summary>
    public void Save()
    {
        if (_savedCount == _saved.Length)
            Array.Resize(ref _saved, 2 * _saved.Length);
        _saved[_savedCount++] = _stack[_depth - 1];
    }

    /// <summary>Pushes a saved step again.</summary>
    public void Recall(int saved) => PushExpression(_saved[saved]);

    /// <summary>Takes an assertion's hypotheses off the stack and pushes its conclusion.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Apply(int assertion)
    {
        ref var record = ref _tables.Statements[assertion];
        var frame = _tables.Frames.Span(record.FrameStart, record.FrameLength);
        var bottom = _depth - frame.Length;
        if (bottom < 0)
            return Fail(MetamathErrorKind.StackUnderflow, $"{Label(assertion)} needs {frame.Length} hypotheses, but the stack holds {_depth}.");

        // A $f stands before every $e that has its variable, so one pass finds each substitution before it is used.
        for (var i = 0; i < frame.Length; i++)
        {
            ref var hypothesis = ref _tables.Statements[frame[i]];
            var entry = _stack[bottom + i];
            if (hypothesis.Kind == MetamathStatementKind.Floating)
            {
                if (_buffer[entry.Start] != _tables.Text[hypothesis.SymbolStart])
                    return FailType(assertion, frame[i], entry);
                _substitution[~_tables.Text[hypothesis.SymbolStart + 1]] = new Expression(entry.Start + 1, entry.Length - 1);
            }
            else if (!Matches(_tables.Text.Span(hypothesis.SymbolStart, hypothesis.SymbolLength), entry))
            {
                return FailMatch(assertion, frame[i], entry);
            }
        }

        if (record.PairLength > 0 && !CheckDisjoint(assertion, _tables.Pairs.Span(record.PairStart, record.PairLength)))
            return false;
        _depth = bottom;
        return PushSubstituted(_tables.Text.Span(record.SymbolStart, record.SymbolLength));
    }

    /// <summary>True where exactly the conclusion is left.</summary>
    public bool Finish()
    {
        if (_depth != 1)
            return Fail(MetamathErrorKind.StackNotSingle, $"The proof leaves {_depth} expressions on the stack; it should leave one.");
        var conclusion = _theorem.Conclusion;
        return _buffer.AsSpan(_stack[0].Start, _stack[0].Length).SequenceEqual(conclusion)
            || Fail(MetamathErrorKind.WrongConclusion, $"The proof proves \"{Shown(_stack[0])}\", not \"{Shown(conclusion)}\".");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Matches(ReadOnlySpan<int> template, Expression entry)
    {
        var actual = _buffer.AsSpan(entry.Start, entry.Length);
        _work += entry.Length;
        foreach (var symbol in template)
        {
            if (symbol >= 0)
            {
                if (actual.IsEmpty || actual[0] != symbol)
                    return false;
                actual = actual[1..];
                continue;
            }

            var (start, length) = _substitution[~symbol];
            if (actual.Length < length || !actual[..length].SequenceEqual(_buffer.AsSpan(start, length)))
                return false;
            actual = actual[length..];
        }

        return actual.IsEmpty;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool PushSubstituted(ReadOnlySpan<int> template)
    {
        long total = 0;
        foreach (var symbol in template)
            total += symbol >= 0 ? 1 : _substitution[~symbol].Length;
        if (!Reserve(total))
            return false;
        var at = _used;
        foreach (var symbol in template)
        {
            if (symbol >= 0)
            {
                _buffer[at++] = symbol;
                continue;
            }

            var (start, length) = _substitution[~symbol];
            _buffer.AsSpan(start, length).CopyTo(_buffer.AsSpan(at));
            at += length;
        }

        PushExpression(new Expression(_used, at - _used));
        _used = at;
        return true;
    }

    private bool CheckDisjoint(int assertion, ReadOnlySpan<int> pairs)
    {
        for (var i = 0; i < pairs.Length; i += 2)
        {
            var (first, second) = (_substitution[~pairs[i]], _substitution[~pairs[i + 1]]);
            var left = _buffer.AsSpan(first.Start, first.Length);
            var right = _buffer.AsSpan(second.Start, second.Length);
            _work += left.Length + right.Length;
            if (_disjoint.AreDisjoint(left, right))
                continue;
            var (a, b) = _disjoint.Culprit(left, right);
            var demand = $"{Label(assertion)} demands that {Name(pairs[i])} and {Name(pairs[i + 1])} are disjoint";
            return a == b
                ? Fail(MetamathErrorKind.SharedVariable, $"{demand}, but \"{Shown(first)}\" and \"{Shown(second)}\" share the variable {Name(a)}.")
                : Fail(MetamathErrorKind.MissingDisjoint, $"{demand}; that needs \"$d {Name(a)} {Name(b)} $.\" in {_theorem.Label}.");
        }

        return true;
    }

    private void PushExpression(Expression expression)
    {
        if (_depth == _stack.Length)
            Array.Resize(ref _stack, 2 * _stack.Length);
        _stack[_depth++] = expression;
    }

    private bool Reserve(long length)
    {
        _work += length;
        if (_used + length > MaxSymbols || _work > MaxWork)
            return Fail(MetamathErrorKind.TooLarge, _work > MaxWork ? "The proof takes more work than the verifier allows." : $"The proof's expressions have more than {MaxSymbols} symbols.");
        if (_used + length > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(MaxSymbols, Math.Max(_used + length, 2L * _buffer.Length)));
        return true;
    }

    private bool FailType(int assertion, int hypothesis, Expression entry)
    {
        var symbols = database.SymbolsOf(hypothesis);
        return Fail(
            MetamathErrorKind.TypecodeMismatch,
            $"{Label(assertion)} needs a {database.SymbolText(symbols[0])} for {database.SymbolText(symbols[1])}, but the stack holds \"{Shown(entry)}\".");
    }

    private bool FailMatch(int assertion, int hypothesis, Expression entry)
    {
        var wanted = new List<int>();
        foreach (var symbol in database.SymbolsOf(hypothesis))
        {
            if (symbol >= 0)
                wanted.Add(symbol);
            else
                wanted.AddRange(_buffer.AsSpan(_substitution[~symbol].Start, Math.Min(1000, _substitution[~symbol].Length)));
        }

        return Fail(
            MetamathErrorKind.HypothesisMismatch,
            $"{Label(assertion)} needs \"{Shown([.. wanted])}\" for its hypothesis {Label(hypothesis)}, but the stack holds \"{Shown(entry)}\".");
    }

    private bool Fail(MetamathErrorKind kind, string message)
    {
        Fault = kind;
        Message = message;
        return false;
    }

    private string Label(int statement) => _tables.Labels.Text(statement);

    private string Name(int symbol) => database.SymbolText(symbol);

    private string Shown(Expression expression) => Shown(_buffer.AsSpan(expression.Start, expression.Length));

    private string Shown(ReadOnlySpan<int> symbols) =>
        symbols.Length <= 60 ? database.SymbolsText(symbols) : $"{database.SymbolsText(symbols[..60])} ... ({symbols.Length} symbols)";
}
