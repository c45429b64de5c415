using Ratchet.Runs;

namespace Ratchet.Sampling.Constraints;

/// <summary>
/// A context-free grammar over the bytes of a vocabulary's tokens: a set of stacks of places in the grammar (a non-deterministic pushdown automaton), stepped
/// byte by byte. Equal sets of stacks are one state, whose mask and steps are kept, so that a regular language becomes its own deterministic automaton as it is used.
/// </summary>
/// <remarks>
/// Where the vocabulary has a token for each single byte, a state always has an allowed token or may end. Vocabularies of whole words may have no word for what
/// must follow; sampling then ends with <see cref="Attempts.StopReason.DeadEnd"/>. Safe from many threads.
/// </remarks>
public sealed class GrammarConstraint : ITokenConstraint
{
    private const int MostStacks = 2000;
    private const int MostKept = 20_000;

    private readonly GrammarTable _table;
    private readonly TokenVocabulary _vocabulary;
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Position, long Parent), Frame> _frames = [];
    private readonly Dictionary<StateKey, State> _states = [];
    private long _nextFrame = 1;
    private State _start;

    private GrammarConstraint(GrammarTable table, TokenVocabulary vocabulary)
    {
        _table = table;
        _vocabulary = vocabulary;
        _start = MakeStart();
    }

    /// <inheritdoc/>
    public int VocabularySize => _vocabulary.Size;

    /// <inheritdoc/>
    public ITokenConstraintState Start => Volatile.Read(ref _start);

    /// <summary>Makes a grammar a constraint for a vocabulary.</summary>
    /// <exception cref="RatchetException">The grammar describes no text, is left-recursive or too large.</exception>
    public static GrammarConstraint Compile(Grammar grammar, TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentNullException.ThrowIfNull(vocabulary);
        return new GrammarConstraint(new GrammarTable(grammar), vocabulary);
    }

    /// <summary>A whole text is in the language, whatever its tokens.</summary>
    public bool Matches(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var state = (State)Start;
        foreach (var b in System.Text.Encoding.UTF8.GetBytes(text))
        {
            if (Step(state, b) is not { } next)
                return false;
            state = next;
        }

        return state.MayEnd;
    }

    private State MakeStart()
    {
        var tops = new SortedDictionary<long, Frame>();
        var ends = false;
        Expand([.. _table.Of(_table.Root).Select(a => (a, (Frame?)null))], tops, ref ends);
        return new State(this, [.. tops.Values], ends, first: true);
    }

    /// <summary>The state after one byte, or null where no text of the language goes on so.</summary>
    private State? Step(State state, byte value)
    {
        var known = Volatile.Read(ref state.Steps[value]);
        if (known is not null)
            return ReferenceEquals(known, State.Dead) ? null : known;
        lock (_lock)
        {
            var pending = new List<(int, Frame?)>();
            foreach (var top in state.Tops)
            {
                if (_table.Holds(_table[top.Position].Value, value))
                    pending.Add((top.Position + 1, top.Parent));
            }

            State? next = null;
            if (pending.Count > 0)
            {
                var tops = new SortedDictionary<long, Frame>();
                var ends = false;
                Expand(pending, tops, ref ends);
                var key = new StateKey([.. tops.Keys], ends);
                if (!_states.TryGetValue(key, out next))
                    _states.Add(key, next = new State(this, [.. tops.Values], ends, first: false));
            }

            Volatile.Write(ref state.Steps[value], next ?? State.Dead!);
            return next;
        }
    }

    /// <summary>Follows rules and ends of alternatives until every stack has a byte at its top.</summary>
    private void Expand(List<(int Position, Frame? Parent)> pending, SortedDictionary<long, Frame> tops, ref bool ends)
    {
        var seen = new HashSet<(int, long)>();
        while (pending.Count > 0)
        {
            var (position, parent) = pending[^1];
            pending.RemoveAt(pending.Count - 1);
            if (!seen.Add((position, parent?.Id ?? 0)))
                continue;
            var (kind, value) = _table[position];
            switch (kind)
            {
                case ElementKind.End when parent is null:
                    ends = true;
                    break;
                case ElementKind.End:
                    pending.Add((parent.Position, parent.Parent));
                    break;
                case ElementKind.Bytes:
                    var top = FrameOf(position, parent);
                    tops[top.Id] = top;
                    if (tops.Count > MostStacks)
                        throw new RatchetException($"The grammar is too ambiguous: a text can be read in more than {MostStacks} ways at once.", "Write rules that do not describe the same beginning in many ways.") { ExitCode = 2 };
                    break;
                default:
                    // Nothing is left of this alternative behind the rule: its caller is the rule's caller.
                    var caller = _table[position + 1].Kind == ElementKind.End ? parent : FrameOf(position + 1, parent);
                    foreach (var alternative in _table.Of(value))
                        pending.Add((alternative, caller));
                    break;
            }
        }
    }

    private Frame FrameOf(int position, Frame? parent)
    {
        var key = (position, parent?.Id ?? 0);
        if (!_frames.TryGetValue(key, out var frame))
            _frames.Add(key, frame = new Frame(_nextFrame++, position, parent));
        return frame;
    }

    /// <summary>
    /// Forgets what is kept once it is much: languages with nesting have endlessly many states. Sequences that go on keep theirs.
    /// </summary>
    private void Forget()
    {
        lock (_lock)
        {
            _states.Clear();
            _frames.Clear();
            Volatile.Write(ref _start, MakeStart());
        }
    }

    /// <summary>A place to go on at when what is above it has ended.</summary>
    private sealed class Frame(long id, int position, Frame? parent)
    {
        public long Id { get; } = id;

        public int Position { get; } = position;

        public Frame? Parent { get; } = parent;
    }

    private readonly struct StateKey(long[] frames, bool ends) : IEquatable<StateKey>
    {
        private readonly long[] _frames = frames;
        private readonly bool _ends = ends;

        public bool Equals(StateKey other) => _ends == other._ends && _frames.AsSpan().SequenceEqual(other._frames);

        public override bool Equals(object? obj) => obj is StateKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_ends);
            foreach (var frame in _frames)
                hash.Add(frame);
            return hash.ToHashCode();
        }
    }

    private sealed class State(GrammarConstraint owner, Frame[] tops, bool mayEnd, bool first) : ITokenConstraintState
    {
        /// <summary>Stands for "no text goes on so" among the steps.</summary>
        public static readonly State Dead = new(null!, [], false, false);

        private ulong[]? _mask;

        public Frame[] Tops { get; } = tops;

        public State?[] Steps { get; } = new State?[256];

        public bool MayEnd { get; } = mayEnd;

        public bool MayContinue => Mask().AsSpan().ContainsAnyExcept(0UL);

        public ReadOnlySpan<ulong> Allowed => Mask();

        public ITokenConstraintState After(int id)
        {
            var state = this;
            foreach (var b in owner._vocabulary.Bytes(id, first) is { Length: > 0 } bytes ? bytes : throw NotAllowed(id))
                state = owner.Step(state, b) ?? throw NotAllowed(id);
            if (owner._states.Count >= MostKept || owner._frames.Count >= 10 * MostKept)
                owner.Forget();
            return state;
        }

        private static ArgumentException NotAllowed(int id) => new($"Id {id} is not allowed here.", nameof(id));

        private ulong[] Mask()
        {
            if (Volatile.Read(ref _mask) is { } made)
                return made;
            var mask = new ulong[(owner.VocabularySize + 63) / 64];
            owner._vocabulary.Walk(first, this, owner.Step, mask);
            Volatile.Write(ref _mask, mask);
            return mask;
        }
    }
}
