using CsCheck;
using Ratchet.Evaluation;

namespace Ratchet.Tests.Evaluation;

public sealed class NaturalOrderTests
{
    [Fact]
    public void Numbers_inside_names_are_compared_by_value()
    {
        string[] ordered = ["", "1-3", "4-6", "7-9", "10-14", "15+", "a", "a2", "a2b", "a10", "a99999999999999999999", "a100000000000000000000", "b"];
        Assert.Equal(ordered, ordered.Reverse().Order(NaturalOrder.Instance));
    }

    [Fact]
    public void The_order_is_total_and_only_the_same_name_is_equal()
    {
        var names = Gen.String[Gen.Char["0129ab-"], 0, 6];
        Gen.Select(names, names, names).Sample((a, b, c) =>
        {
            var order = NaturalOrder.Instance;
            Assert.Equal(a == b, order.Compare(a, b) == 0);
            Assert.Equal(Math.Sign(order.Compare(a, b)), -Math.Sign(order.Compare(b, a)));
            if (order.Compare(a, b) <= 0 && order.Compare(b, c) <= 0)
                Assert.True(order.Compare(a, c) <= 0);
        });
    }
}
