using System.Collections.Frozen;
using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>Phrases that stand for a value, and Chinese words with their English meaning.</summary>
internal static class Phrases
{
    private static readonly FrozenDictionary<string, string> Meanings = new (string Meaning, string[] Ways)[]
    {
        ("no solution", ["no solution", "no solutions", "no real solution", "no real solutions", "none", "no such number exists", "无解", "没有解", "无实数解", "无实数根"]),
        ("does not exist", ["does not exist", "doesn't exist", "dne", "undefined", "not defined", "不存在", "没有意义", "无意义"]),
        ("yes", ["yes", "是", "是的"]),
        ("no", ["no", "否", "不是"]),
        ("true", ["true", "correct", "正确", "对", "真"]),
        ("false", ["false", "incorrect", "错误", "错", "假"]),
        ("even", ["even", "even function", "偶数", "偶函数"]),
        ("odd", ["odd", "odd function", "奇数", "奇函数"]),
        ("monday", ["monday", "星期一", "周一"]),
        ("tuesday", ["tuesday", "星期二", "周二"]),
        ("wednesday", ["wednesday", "星期三", "周三"]),
        ("thursday", ["thursday", "星期四", "周四"]),
        ("friday", ["friday", "星期五", "周五"]),
        ("saturday", ["saturday", "星期六", "周六"]),
        ("sunday", ["sunday", "星期日", "星期天", "周日"]),
        ("first quadrant", ["first quadrant", "quadrant i", "第一象限"]),
        ("second quadrant", ["second quadrant", "quadrant ii", "第二象限"]),
        ("third quadrant", ["third quadrant", "quadrant iii", "第三象限"]),
        ("fourth quadrant", ["fourth quadrant", "quadrant iv", "第四象限"]),
    }.SelectMany(p => p.Ways.Select(w => (w, p.Meaning))).ToFrozenDictionary(p => p.w, p => p.Meaning, StringComparer.Ordinal);

    /// <summary>The node of a whole answer that is such a phrase, or null.</summary>
    public static Node? Find(string words) => words switch
    {
        "all real numbers" or "all reals" or "全体实数" or "任意实数" or "一切实数" => new ConstantNode(MathConstant.Reals),
        "empty set" or "空集" => new ConstantNode(MathConstant.EmptySet),
        "infinity" or "无穷大" or "无穷" => new ConstantNode(MathConstant.Infinity),
        "zero" or "零" => new NumberNode(BigRational.Zero),
        _ => Meanings.TryGetValue(words, out var meaning) ? new TextNode(meaning) : Number(words) is { } number ? new NumberNode(number) : null,
    };

    private static BigRational? Number(string word) => word switch
    {
        "one" or "一" => 1,
        "two" or "二" or "两" => 2,
        "three" or "三" => 3,
        "four" or "四" => 4,
        "five" or "五" => 5,
        "six" or "六" => 6,
        "seven" or "七" => 7,
        "eight" or "八" => 8,
        "nine" or "九" => 9,
        "ten" or "十" => 10,
        "eleven" or "十一" => 11,
        "twelve" or "十二" => 12,
        _ => null,
    };
}
