"""One network: a canvas that opens down to a single convolution, and every step with its numbers."""

from app.controls import network_choice
from app.explorer import explorer
from app.views import head, show
from irnet.tree import smallest_input
from irnet.tree.totals import totals
from irnet.units import exact, short

network = network_choice().network
total = totals(network)
head.heading("", network)
show.figures(
    {
        "Parameters": short(total.params),
        "MACs": short(total.macs),
        "Activations": short(total.activation_elements),
        "Convolutions": exact(total.convolutions),
        "Smallest input": f"{smallest_input(network)} px",
    },
    {
        "Parameters": f"{exact(total.params)}: weights and biases, batch norm's included",
        "MACs": f"{exact(total.macs)} multiply-accumulates in convolutions and linear layers, one image (2 FLOPs each)",
        "Activations": f"{exact(total.activation_elements)} outputs of convolutions and linear layers, one image",
        "Convolutions": "Convolutions, the 1x1 linear ones of residual blocks included",
        "Smallest input": "Side of the smallest square image that every window fits into",
    },
)
explorer(network)
