"""The type of texts in our tables, which pandas calls "str"."""

import numpy as np
import pandas as pd

TEXT = pd.StringDtype(na_value=np.nan)
"""By its name pandas looks for it anew with every column: a case has fifty of them."""
