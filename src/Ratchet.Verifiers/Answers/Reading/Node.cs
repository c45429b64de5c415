using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>An answer as read: an expression, or a structure of expressions.</summary>
internal abstract class Node;

/// <summary>A number; <paramref name="decimals"/> is the count of digits after the point of a decimal literal, else 0.</summary>
internal sealed class NumberNode(BigRational value, int decimals = 0, bool isDecimal = false) : Node
{
    public BigRational Value { get; } = value;

    public int Decimals { get; } = decimals;

    /// <summary>True for a literal with a decimal point or an exponent.</summary>
    public bool IsDecimal { get; } = isDecimal;
}

/// <summary>A variable or other name, with its subscript.</summary>
internal sealed class SymbolNode(string name) : Node
{
    public string Name { get; } = name;
}

/// <summary>pi, e, i or infinity.</summary>
internal sealed class ConstantNode(MathConstant constant) : Node
{
    public MathConstant Constant { get; } = constant;
}

internal enum MathConstant
{
    Pi,
    E,
    I,
    Infinity,
    EmptySet,
    Reals,
}

/// <summary>A sum of any number of terms.</summary>
internal sealed class SumNode(IReadOnlyList<Node> terms) : Node
{
    public IReadOnlyList<Node> Terms { get; } = terms;
}

internal sealed class NegateNode(Node operand) : Node
{
    public Node Operand { get; } = operand;
}

/// <summary>A term under a sign that stands for both; <paramref name="upper"/> says that the upper of the two is plus.</summary>
internal sealed class PlusMinusNode(Node operand, bool upper) : Node
{
    public Node Operand { get; } = operand;

    public bool Upper { get; } = upper;
}

/// <summary>A product of any number of factors, some of them divided by.</summary>
internal sealed class ProductNode(IReadOnlyList<Factor> factors) : Node
{
    public IReadOnlyList<Factor> Factors { get; } = factors;
}

/// <summary>A factor; <paramref name="Inverted"/> for a divisor.</summary>
internal readonly record struct Factor(Node Node, bool Inverted = false);

internal sealed class PowerNode(Node @base, Node exponent) : Node
{
    public Node Base { get; } = @base;

    public Node Exponent { get; } = exponent;
}

/// <summary>A known function of arguments.</summary>
internal sealed class CallNode(Function function, IReadOnlyList<Node> arguments) : Node
{
    public Function Function { get; } = function;

    public IReadOnlyList<Node> Arguments { get; } = arguments;
}

/// <summary>A function without a meaning of its own, such as f in f(x).</summary>
internal sealed class ApplyNode(string name, IReadOnlyList<Node> arguments) : Node
{
    public string Name { get; } = name;

    public IReadOnlyList<Node> Arguments { get; } = arguments;
}

/// <summary>An angle in degrees.</summary>
internal sealed class DegreeNode(Node operand) : Node
{
    public Node Operand { get; } = operand;
}

internal sealed class PercentNode(Node operand) : Node
{
    public Node Operand { get; } = operand;
}

/// <summary>A number written in a base: 1011_2.</summary>
internal sealed class BasedNode(string digits, int radix) : Node
{
    public string Digits { get; } = digits;

    public int Radix { get; } = radix;
}

/// <summary>A value with words or a unit after it, or a currency before it.</summary>
internal sealed class UnitNode(Node value, string unit) : Node
{
    public Node Value { get; } = value;

    public string Unit { get; } = unit;
}

/// <summary>Items in brackets: a tuple, an interval, a set, a bracketed list.</summary>
internal sealed class BracketNode(char open, char close, IReadOnlyList<Node> items) : Node
{
    public char Open { get; } = open;

    public char Close { get; } = close;

    public IReadOnlyList<Node> Items { get; } = items;

    public bool IsSet => Open == '{' && Close == '}';

    public bool IsRound => Open == '(' && Close == ')';

    /// <summary>Two items between round or square brackets: an interval, unless it is a point.</summary>
    public bool CanBeInterval => Items.Count == 2 && Open is '(' or '[' && Close is ')' or ']';
}

/// <summary>Items side by side without brackets, or the two values of a plus-minus.</summary>
internal sealed class ListNode(IReadOnlyList<Node> items, Joint joint = Joint.Comma) : Node
{
    public IReadOnlyList<Node> Items { get; } = items;

    public Joint Joint { get; } = joint;
}

/// <summary>What stands between items.</summary>
internal enum Joint
{
    Comma,
    And,
    Or,
}

/// <summary>A union, an intersection or a difference of sets, from left to right.</summary>
internal sealed class RegionNode(IReadOnlyList<Node> items, IReadOnlyList<char> operators) : Node
{
    public IReadOnlyList<Node> Items { get; } = items;

    /// <summary>'u', 'n' or '\' between items i and i + 1.</summary>
    public IReadOnlyList<char> Operators { get; } = operators;
}

/// <summary>{ head | condition }.</summary>
internal sealed class BuilderNode(Node head, Node condition) : Node
{
    public Node Head { get; } = head;

    public Node Condition { get; } = condition;
}

/// <summary>A chain of relations: terms with an operator between each two.</summary>
internal sealed class RelationNode(IReadOnlyList<Node> terms, IReadOnlyList<Relation> operators) : Node
{
    public IReadOnlyList<Node> Terms { get; } = terms;

    public IReadOnlyList<Relation> Operators { get; } = operators;
}

internal enum Relation
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Approximately,
    In,
    Congruent,
    Arrow,
}

internal sealed class MatrixNode(IReadOnlyList<IReadOnlyList<Node>> rows) : Node
{
    public IReadOnlyList<IReadOnlyList<Node>> Rows { get; } = rows;

    public int Columns => Rows.Count == 0 ? 0 : Rows[0].Count;
}

/// <summary>a : b : c. <paramref name="clock"/> where it could be a time of day: h:mm or h:mm:ss.</summary>
internal sealed class RatioNode(IReadOnlyList<Node> items, bool clock) : Node
{
    public IReadOnlyList<Node> Items { get; } = items;

    public bool Clock { get; } = clock;
}

/// <summary>A time of day in minutes (and a fraction) after midnight; <paramref name="half"/> is false where a.m. or p.m. is not said.</summary>
internal sealed class TimeNode(BigRational minutes, bool half) : Node
{
    public BigRational Minutes { get; } = minutes;

    public bool HalfIsKnown { get; } = half;
}

/// <summary>A date; parts that are not given are 0.</summary>
internal sealed class DateNode(int year, int month, int day) : Node
{
    public int Year { get; } = year;

    public int Month { get; } = month;

    public int Day { get; } = day;
}

/// <summary>Words, in the form in which they are compared.</summary>
internal sealed class TextNode(string words) : Node
{
    public string Words { get; } = words;
}
